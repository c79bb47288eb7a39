"""The meaning of the ``int1`` of a monitoring event: label, colour, icon, severity and kind, from a TOML file.

The same file has the thresholds for silent and flapping things.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Final

from dashboard.analysis.formatting import is_missing, number
from dashboard.analysis.settings_file import read_toml

VARIABLE = "GRIDRT_STATUS_REFERENCE"
DEFAULT_FILE = Path(__file__).with_name("status.toml")

_UNMAPPED_COLOUR, _UNMAPPED_SEVERITY = "#7c838e", 50
_KEYS = {"value", "label", "colour", "icon", "severity"}
_OPTIONAL_KEYS = {"kind", "eventType"}
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


REPORTED_KINDS: Final = ("offline", "unknown", "online")
"""The kinds of statuses that a thing can report, the most urgent first."""
_KIND_OF_VALUE: Mapping[int | float, str] = {0: "offline", 1: "online"}
"""The kind of a status that doesn't say which it is; any other value is unknown."""


class StatusReferenceError(ValueError):
    """The status reference can't be used; the message names the file, the key and the remedy."""


@dataclass(frozen=True)
class Status:
    """The presentation of one status.

    Attributes
    ----------
    label
        The words beside the icon.
    colour
        ``#rrggbb``.
    severity
        The higher, the more urgent.
    icon
        A glyph that identifies the status by its shape alone.
    kind
        One of `REPORTED_KINDS`.
    """

    label: str
    colour: str
    severity: int
    icon: str
    kind: str = "unknown"

    @property
    def words(self) -> str:
        """``● Online``"""
        return f"{self.icon} {self.label}"


@dataclass(frozen=True)
class Thresholds:
    """When a thing is silent, and when it flaps.

    Attributes
    ----------
    silent_floor_seconds, silent_factor
        A thing is silent when it has not been heard for longer than ``silent_factor`` times its own usual gap, and for
        longer than ``silent_floor_seconds``.
    flapping_changes
        A thing flaps when its status changes more often than this within an hour.
    """

    silent_floor_seconds: float = 600.0
    silent_factor: float = 2.0
    flapping_changes: int = 4


@dataclass(frozen=True)
class StatusReference:
    """Status by value of ``int1``.

    Attributes
    ----------
    by_value
        The statuses of all event types.
    by_type
        Those of one event type, by event type; they come before those of all.
    """

    by_value: Mapping[int | float, Status]
    by_type: Mapping[str, Mapping[int | float, Status]] = field(default_factory=dict)
    thresholds: Thresholds = Thresholds()

    @classmethod
    def load(cls, path: str | Path | None = None) -> StatusReference:
        """Read a status reference; without a path the project's own.

        Raises
        ------
        StatusReferenceError
            The file can't be read, or an entry can't be used.
        """
        file = Path(path) if path else DEFAULT_FILE
        content = read_toml(file, "The status reference", VARIABLE, StatusReferenceError)
        by_type = _statuses(file, content.get("status"))
        unknown = sorted(set(content) - {"status", "thresholds"})
        if unknown:
            raise StatusReferenceError(f"The status reference {file} has an unknown key {unknown[0]}: remove it.")
        return cls(by_type.pop(None, {}), {str(name): own for name, own in by_type.items()}, _thresholds(file, content))

    def of(self, int1: Any, eventType: Any = None) -> Status:
        """Return the status of a value of ``int1``; one that isn't in the reference is ``Unknown (7)``.

        1, 1.0 and the text "1" are the same.
        """
        if is_missing(int1):
            return Status("No status", _UNMAPPED_COLOUR, _UNMAPPED_SEVERITY, "◌")
        value = _number(int1) if isinstance(int1, str) else int1
        own = self.by_type.get(eventType, {}) if isinstance(eventType, str) else {}
        known = None if value is None else own.get(value) or self.by_value.get(value)
        return known or Status(f"Unknown ({number(int1)})", _UNMAPPED_COLOUR, _UNMAPPED_SEVERITY, "◇")


def _number(text: str) -> int | float | None:
    try:
        return int(text)
    except ValueError:
        try:
            return float(text)
        except ValueError:
            return None


def _statuses(file: Path, entries: Any) -> dict[str | None, dict[int | float, Status]]:
    """The statuses by event type, those of all types under None."""
    if not isinstance(entries, list) or not entries or not all(isinstance(entry, dict) for entry in entries):
        raise StatusReferenceError(f"The status reference {file} has no [[status]] entries: add at least one.")
    found: dict[str | None, dict[int | float, Status]] = {}
    for place, entry in enumerate(entries, 1):
        event_type, value, status = _entry(f"The status reference {file}, [[status]] number {place}", entry)
        own = found.setdefault(event_type, {})
        if value in own:
            of_type = "" if event_type is None else f" of eventType = {event_type!r}"
            raise StatusReferenceError(
                f"The status reference {file} has two [[status]] entries with value = {value}{of_type}: keep one."
            )
        own[value] = status
    return found


def _entry(where: str, entry: dict[str, Any]) -> tuple[str | None, int | float, Status]:
    missing, unknown = sorted(_KEYS - set(entry)), sorted(set(entry) - _KEYS - _OPTIONAL_KEYS)
    for key in (*missing, *unknown):
        raise StatusReferenceError(f"{where}, {'lacks the key' if missing else 'has an unknown key'} {key}.")
    value, severity = entry["value"], entry["severity"]
    checks = {
        "value": (_is_number(value), "a number"),
        "label": (_text(entry["label"]), "text"),
        "colour": (
            isinstance(entry["colour"], str) and _COLOUR.fullmatch(entry["colour"]),
            "a colour such as #2b9a66",
        ),
        "icon": (_text(entry["icon"]) and len(entry["icon"].strip()) <= 2, "one glyph such as ●"),
        "severity": (_is_whole(severity), "a whole number"),
        "kind": (entry.get("kind", "unknown") in REPORTED_KINDS, f"one of {', '.join(REPORTED_KINDS)}"),
        "eventType": (_text(entry.get("eventType", "any")), "text"),
    }
    for key, (right, wanted) in checks.items():
        if not right:
            raise StatusReferenceError(f"{where}: {key} = {entry[key]!r} is not {wanted}.")
    kind = entry.get("kind") or _KIND_OF_VALUE.get(value, "unknown")
    status = Status(entry["label"].strip(), entry["colour"].lower(), severity, entry["icon"].strip(), kind)
    return entry.get("eventType"), value, status


def _thresholds(file: Path, content: dict[str, Any]) -> Thresholds:
    given = content.get("thresholds", {})
    if not isinstance(given, dict):
        raise StatusReferenceError(f"The status reference {file} has thresholds that are no table: write [thresholds].")
    unknown = sorted(set(given) - {one.name for one in fields(Thresholds)})
    if unknown:
        raise StatusReferenceError(f"The status reference {file}, [thresholds], has an unknown key {unknown[0]}.")
    floor, factor, changes = (given.get(one.name, one.default) for one in fields(Thresholds))
    checks = {
        "silent_floor_seconds": (_is_number(floor) and 0 <= floor <= 86_400, "a number from 0 to 86400"),
        "silent_factor": (_is_number(factor) and 1 <= factor <= 1_000, "a number from 1 to 1000"),
        "flapping_changes": (_is_whole(changes) and 1 <= changes <= 1_000, "a whole number from 1 to 1000"),
    }
    for key, (right, wanted) in checks.items():
        if not right:
            raise StatusReferenceError(
                f"The status reference {file}, [thresholds]: {key} = {given[key]!r} is not {wanted}."
            )
    return Thresholds(**given)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())
