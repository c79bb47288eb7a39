"""The meaning of the ``int1`` of a monitoring event: label, colour, icon and severity, from a TOML file."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dashboard.analysis.formatting import is_missing, number

VARIABLE = "GRIDRT_STATUS_REFERENCE"
DEFAULT_FILE = Path(__file__).with_name("status.toml")

_UNMAPPED_COLOUR, _UNMAPPED_SEVERITY = "#7c838e", 50
_KEYS = {"value", "label", "colour", "icon", "severity"}
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


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
    """

    label: str
    colour: str
    severity: int
    icon: str

    @property
    def words(self) -> str:
        """``● Online``"""
        return f"{self.icon} {self.label}"


@dataclass(frozen=True)
class StatusReference:
    """Status by value of ``int1``."""

    by_value: Mapping[int | float, Status]

    @classmethod
    def load(cls, path: str | Path | None = None) -> StatusReference:
        """Read a status reference; without a path the project's own.

        Raises
        ------
        StatusReferenceError
            The file can't be read, or an entry can't be used.
        """
        file = Path(path) if path else DEFAULT_FILE
        try:
            content = tomllib.loads(file.read_text(encoding="utf-8"))
        except OSError as error:
            raise StatusReferenceError(
                f"The status reference {file} can't be read: {error.strerror}. Check {VARIABLE}."
            ) from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise StatusReferenceError(f"The status reference {file} is not TOML in UTF-8: {error}.") from error
        return cls(_read(file, content))

    @classmethod
    def from_env(cls, env: Mapping[str, str] = os.environ) -> StatusReference:
        """Read the file that ``GRIDRT_STATUS_REFERENCE`` names, else the project's own; raises like `load`."""
        return cls.load(env.get(VARIABLE, "").strip() or None)

    def of(self, int1: Any) -> Status:
        """Return the status of a value of ``int1``; one that isn't in the reference is ``Unknown (7)``.

        1, 1.0 and the text "1" are the same.
        """
        if is_missing(int1):
            return Status("No status", _UNMAPPED_COLOUR, _UNMAPPED_SEVERITY, "◌")
        value = _number(int1) if isinstance(int1, str) else int1
        known = None if value is None else self.by_value.get(value)
        return known or Status(f"Unknown ({number(int1)})", _UNMAPPED_COLOUR, _UNMAPPED_SEVERITY, "◇")


def _number(text: str) -> int | float | None:
    try:
        return int(text)
    except ValueError:
        try:
            return float(text)
        except ValueError:
            return None


def _read(file: Path, content: dict[str, Any]) -> dict[int | float, Status]:
    entries = content.get("status")
    if not isinstance(entries, list) or not entries or not all(isinstance(entry, dict) for entry in entries):
        raise StatusReferenceError(f"The status reference {file} has no [[status]] entries: add at least one.")
    found: dict[int | float, Status] = {}
    for place, entry in enumerate(entries, 1):
        value, status = _entry(f"The status reference {file}, [[status]] number {place}", entry)
        if value in found:
            raise StatusReferenceError(
                f"The status reference {file} has two [[status]] entries with value = {value}: keep one."
            )
        found[value] = status
    unknown = sorted(set(content) - {"status"})
    if unknown:
        raise StatusReferenceError(f"The status reference {file} has an unknown key {unknown[0]}: remove it.")
    return found


def _entry(where: str, entry: dict[str, Any]) -> tuple[int | float, Status]:
    missing, unknown = sorted(_KEYS - set(entry)), sorted(set(entry) - _KEYS)
    if missing or unknown:
        key = (missing or unknown)[0]
        raise StatusReferenceError(f"{where}, {'lacks the key' if missing else 'has an unknown key'} {key}.")
    value, severity = entry["value"], entry["severity"]
    checks = {
        "value": (isinstance(value, int | float) and not isinstance(value, bool) and value == value, "a number"),
        "label": (_text(entry["label"]), "text"),
        "colour": (
            isinstance(entry["colour"], str) and bool(_COLOUR.fullmatch(entry["colour"])),
            "a colour such as #2b9a66",
        ),
        "icon": (_text(entry["icon"]) and len(entry["icon"].strip()) <= 2, "one glyph such as ●"),
        "severity": (isinstance(severity, int) and not isinstance(severity, bool), "a whole number"),
    }
    for key, (right, wanted) in checks.items():
        if not right:
            raise StatusReferenceError(f"{where}: {key} = {entry[key]!r} is not {wanted}.")
    return value, Status(entry["label"].strip(), entry["colour"].lower(), severity, entry["icon"].strip())


def _text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())
