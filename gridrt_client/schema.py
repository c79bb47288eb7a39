"""The fields of each record: name, kind, meaning, personal or not. Everything else is derived from here.

The source is the published contract of the real-time reports API; columns are in the order of its table of response
fields. A kind stands for one dtype, also in a frame without rows:

========  ========================  =================================================================
kind      dtype                     holds
========  ========================  =================================================================
TEXT      ``category``              text as it came; the categories are an Index of dtype ``str``
UNIQUE    ``str``                   text that hardly ever occurs twice, missing is NaN
DATE      ``datetime64[us, UTC]``   a moment, missing is NaT
NUMBER    ``float64``               a measure, missing is NaN
BOOLEAN   ``boolean``               True or False, missing is ``pd.NA``
EXACT     ``category``              numbers; the categories are an Index of dtype ``object`` that holds
                                    Python ints of any size and floats
========  ========================  =================================================================

Categories are unordered: those that occur in the answer, in order of first occurrence. A missing value has the code -1.
Equal numbers, such as 1 and 1.0, are one category: the first.
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any, Final

import pandas as pd

TEXTS: Final = ("str1", "str2", "str3", "str4", "str5")
NUMBERS: Final = ("int1", "int2", "int3", "int4", "int5")
DISTINCT_COLUMNS: Final = (*TEXTS, *NUMBERS, "deviceId")
"""Columns for latest-event. `deviceId` is not in the contract, but the vendor's own monitoring card uses it."""

INTERACTION_TYPES: Final = ("interactive", "nonInteractive", "all")


class Kind(StrEnum):
    """What a field holds. Each kind has one dtype."""

    TEXT = "text"
    UNIQUE = "unique"
    DATE = "date"
    NUMBER = "number"
    BOOLEAN = "boolean"
    EXACT = "exact"


_DTYPES: Final[dict[Kind, Any]] = {
    Kind.TEXT: pd.CategoricalDtype(pd.Index([], dtype="str")),
    Kind.UNIQUE: "str",
    Kind.DATE: "datetime64[us, UTC]",
    Kind.NUMBER: "float64",
    Kind.BOOLEAN: "boolean",
    Kind.EXACT: pd.CategoricalDtype(pd.Index([], dtype="object")),
}
"""The dtypes of frames without rows; categorical ones are equal only when their categories are."""


@dataclass(frozen=True)
class Field:
    """One field of a record."""

    name: str
    """The API's name; also the column's."""
    kind: Kind
    meaning: str
    """A description for readers of a table, units included."""
    personal: bool = False
    """Whether it is personal data of one natural person; `str2` of a CONTACT_* event is too, see `is_contact`."""


@dataclass(frozen=True)
class Schema:
    """The fields of one kind of record, in the order of the contract."""

    name: str
    fields: tuple[Field, ...]

    @cached_property
    def names(self) -> tuple[str, ...]:
        return tuple(field.name for field in self.fields)

    @cached_property
    def dtypes(self) -> dict[str, str]:
        """``str(frame[name].dtype)`` of each column, in order."""
        return {field.name: str(_DTYPES[field.kind]) for field in self.fields}

    def field(self, name: str) -> Field:
        """Return the field of that name; raise KeyError when there is none."""
        return {field.name: field for field in self.fields}[name]

    def empty(self) -> pd.DataFrame:
        """Return a frame without rows, with every column and its dtype."""
        columns = {field.name: pd.Series([], dtype=_DTYPES[field.kind]) for field in self.fields}
        return pd.DataFrame(columns, index=pd.RangeIndex(0))


def is_contact(eventType: object) -> bool:
    """Return whether an event of that type holds a person's contact data (in `str2`): CONTACT_*.

    Case and blanks before the name are ignored, here and in `is_monitor`: real event types have such blanks, and
    masking too much is safer than masking too little.
    """
    return _begins_with("CONTACT_", eventType)


def is_monitor(eventType: object) -> bool:
    """Return whether an event of that type is a device's report about what is attached to it: MONITOR_*."""
    return _begins_with("MONITOR_", eventType)


def is_detection(eventType: object) -> bool:
    """Return whether an event of that type says the mood, age or gender that a camera detected."""
    return any(_begins_with(prefix, eventType) for prefix in ("DETECT_MOOD", "DETECT_AGE", "DETECT_GENDER"))


def is_free_text(eventType: object) -> bool:
    """Return whether the texts of an event of that type are what a person wrote: FEEDBACK, RATING, SEARCH and alike."""
    return any(_begins_with(prefix, eventType) for prefix in ("FEEDBACK", "RATING", "SEARCH"))


def _begins_with(prefix: str, eventType: object) -> bool:
    return isinstance(eventType, str) and eventType.lstrip()[: len(prefix)].upper() == prefix


_SESSION_FIELDS: Final = (
    Field("tenantId", Kind.TEXT, "Tenant in the Grid Console"),
    Field("sessionId", Kind.TEXT, "Session, a UUID; events refer to it"),
    Field("sessionCreated", Kind.DATE, "When the session began"),
    Field("environment", Kind.TEXT, "Environment of the app: PROD, QA, DEV …"),
    Field("dataResidency", Kind.TEXT, "Where the data is stored: EU, US, IN, AU, UAE"),
    Field("country", Kind.TEXT, "Country of the tenant, two letters (ISO 3166)"),
    Field("spaceId", Kind.TEXT, "Space, such as a store, that the session took place in"),
    Field("appId", Kind.TEXT, "App that was used"),
    Field("appVersion", Kind.TEXT, "Version of the app"),
    Field("installationVersion", Kind.TEXT, "Version of the installation"),
    Field("installationId", Kind.TEXT, "Installation of the app"),
    Field("deviceId", Kind.TEXT, "Device that the app ran on; none for phones"),
    Field("clientId", Kind.TEXT, "Browser or phone of one visitor; none for devices", personal=True),
    Field("ip", Kind.TEXT, "Internet address that the session came from, IPv4 or IPv6", personal=True),
    Field("locationAccuracy", Kind.NUMBER, "Accuracy of the location, in metres"),
    Field("latitude", Kind.NUMBER, "Latitude, in degrees from -90 to 90"),
    Field("longitude", Kind.NUMBER, "Longitude, in degrees from -180 to 180"),
    Field("captureId", Kind.UNIQUE, "Captured record, unique"),
)

_EVENT_FIELDS: Final = (
    Field("tenantId", Kind.TEXT, "Tenant in the Grid Console"),
    Field("sessionId", Kind.TEXT, "Session that the event belongs to, a UUID"),
    Field("dataResidency", Kind.TEXT, "Where the data is stored: EU, US, IN, AU, UAE"),
    Field("clientId", Kind.TEXT, "Browser or phone of one visitor; none for devices", personal=True),
    Field("ip", Kind.TEXT, "Internet address that the event came from, IPv4 or IPv6", personal=True),
    Field("captureId", Kind.UNIQUE, "Captured record, unique"),
    Field("eventTime", Kind.DATE, "When it happened, by the clock of the device"),
    Field("eventType", Kind.TEXT, "What happened"),
    Field("interaction", Kind.BOOLEAN, "Whether a person did it"),
    Field("productId", Kind.TEXT, "Product"),
    Field("categoryId", Kind.TEXT, "Category of products"),
    *(Field(f"int{n}", Kind.EXACT, f"Number {n}, its meaning depends on the event type") for n in range(1, 6)),
    *(Field(f"str{n}", Kind.TEXT, f"Text {n}, its meaning depends on the event type") for n in range(1, 6)),
    Field("stateful", Kind.BOOLEAN, "Whether it is kept as a state of the device"),
    Field("public", Kind.NUMBER, "Expiry of the public state, in milliseconds"),
)

_PLACE_FIELDS: Final = (
    Field("spaceId", Kind.TEXT, "Space, such as a store, that the event took place in"),
    Field("installationId", Kind.TEXT, "Installation of the app"),
    Field("deviceId", Kind.TEXT, "Device that the app ran on"),
)

SESSION: Final = Schema("session", _SESSION_FIELDS)
EVENT: Final = Schema("event", _EVENT_FIELDS)
# Behind dataResidency, as in the contract.
LATEST_EVENT: Final = Schema("latest-event", (*_EVENT_FIELDS[:3], *_PLACE_FIELDS, *_EVENT_FIELDS[3:]))
