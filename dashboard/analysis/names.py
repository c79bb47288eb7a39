"""The names that people read: of fields, and of spaces, devices, products and other ids, from a TOML file.

Ids are what links and exports carry; a name is only shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from dashboard.analysis.settings_file import read_toml
from gridrt_client.safe_text import shown
from gridrt_client.schema import NUMBERS, TEXTS

VARIABLE: Final = "GRIDRT_NAMES"
NAMED: Final = ("spaceId", "installationId", "deviceId", "appId", "productId", "categoryId", "thing")
"""What has names: ids by their field, and things of monitoring events by ``str1 · str2 · str4`` or by ``str4``."""
GROUPS: Final = ("country", "region")
LONGEST_ID: Final = 28
"""The number of characters of an id without a name."""
LABELED: Final = (*TEXTS, *NUMBERS)

FIELD_LABELS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "spaceId": "Store",
        "installationId": "Installation",
        "deviceId": "Device",
        "appId": "App",
        "appVersion": "App version",
        "country": "Country",
        "environment": "Environment",
        "eventType": "Event type",
        "interactionType": "Interaction",
        "interaction": "Interaction",
        "productId": "Product",
        "categoryId": "Category",
    }
)


class NamesError(ValueError):
    """The file of names can't be used; the message names the file, the key and the remedy."""


@dataclass(frozen=True, eq=False)
class Names:
    """Names by field and id.

    Attributes
    ----------
    by_id
        For each of `NAMED` the names of its ids.
    groups
        For each space its groups (`GROUPS`).
    labels
        For each event type the labels of its fields ``int1`` … ``str5``.
    """

    by_id: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    groups: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @classmethod
    def load(cls, path: str | Path) -> Names:
        """Read a file of names.

        Raises
        ------
        NamesError
            The file can't be read, or an entry can't be used.
        """
        file = Path(path)
        content = read_toml(file, "The names", VARIABLE, NamesError, be="are")
        return _read(f"The names {file}", content)

    def name_of(self, name: str, value: object) -> str | None:
        """Return the name of an id of this field, None where it has none."""
        return self.by_id.get(name, {}).get(value) if isinstance(value, str) else None

    def of(self, name: str, value: str, longest: int = LONGEST_ID) -> str:
        """Return what a person reads for a value of a field: its name, else the value, shortened in the middle."""
        known = self.name_of(name, value)
        return shown(known) if known is not None else shortened(shown(value), longest)

    def group_of(self, spaceId: str, group: str) -> str | None:
        """Return the country or region of a space, None where it has none."""
        return self.groups.get(spaceId, {}).get(group)

    def label_of(self, name: str, eventType: object = None) -> str | None:
        """Return the label of ``int1`` … ``str5`` in events of a type, None where the file has none."""
        return self.labels.get(eventType, {}).get(name) if isinstance(eventType, str) else None


def field_label(name: str) -> str:
    """Return what a person reads for a field of the API: ``Store`` for ``spaceId``."""
    return FIELD_LABELS.get(name, name)


def shortened(text: str, longest: int = LONGEST_ID) -> str:
    """Return a text of at most ``longest`` characters, with ``…`` in its middle where it was longer."""
    if len(text) <= longest:
        return text
    ahead = longest // 2
    return f"{text[:ahead]}…{text[len(text) - (longest - ahead - 1) :]}"


def _read(where: str, content: dict[str, Any]) -> Names:
    unknown = sorted(set(content) - {*NAMED, "labels"})
    if unknown:
        raise NamesError(f"{where} have an unknown table [{unknown[0]}]: use {', '.join(NAMED)} or labels.EVENT_TYPE.")
    by_id: dict[str, dict[str, str]] = {}
    groups: dict[str, dict[str, str]] = {}
    for name in NAMED:
        entries = _table(where, name, content.get(name, {}))
        by_id[name] = {}
        for key, entry in entries.items():
            place = f'{where}, [{name}] "{shown(key, 60)}"'
            if isinstance(entry, dict) and name == "spaceId":
                groups[key] = {group: _text(f"{place}, {group}", entry[group]) for group in GROUPS if group in entry}
                odd = sorted(set(entry) - {"name", *GROUPS})
                if odd:
                    raise NamesError(f"{place} has an unknown key {odd[0]}: use name, {', '.join(GROUPS)}.")
                if "name" in entry:
                    by_id[name][key] = _text(f"{place}, name", entry["name"])
            else:
                by_id[name][key] = _text(place, entry)
    labels: dict[str, dict[str, str]] = {}
    for eventType, entries in _table(where, "labels", content.get("labels", {})).items():
        place = f"{where}, [labels.{shown(eventType, 60)}]"
        for key, label in _table(where, f"labels.{eventType}", entries).items():
            if key not in LABELED:
                raise NamesError(f"{place} has an unknown key {shown(key, 60)}: use one of {', '.join(LABELED)}.")
            labels.setdefault(eventType, {})[key] = _text(f"{place}, {key}", label)
    return Names(by_id, groups, labels)


def _table(where: str, name: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise NamesError(f"{where}: {name} is not a table. Write [{name}] above its entries.")
    return value


def _text(place: str, value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise NamesError(f"{place} = {value!r} is not a text.")
    return value.strip()
