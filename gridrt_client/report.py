"""What a decoded answer left out, and why: it travels with the frame as ``frame.attrs["report"]``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final, NamedTuple, Self

from gridrt_client._sanitize import plain

NOT_AN_OBJECT: Final = "not an object"
OTHER_FIELDS: Final = "other fields"
NAMED_FIELDS: Final = 100
"""So many unannounced fields are counted by name, the rest together as `OTHER_FIELDS`: a frame's attributes stay small
even if every record invents a name."""

SAMPLED: Final = 20_000
"""Unannounced fields are looked for in so many elements of an answer: a field that only comes later says little."""

_SHOWN_FIELDS = 8


class DecodeReport(NamedTuple):
    """Counts of what was received, kept and left out.

    A named tuple and not a dataclass, because pandas and pyarrow write a frame's attributes as JSON when the frame goes
    into a file or to a browser, and a tuple can be.

    Attributes
    ----------
    received
        Elements of the array; always ``records + doubled + sum(dropped.values())``.
    records
        Rows of the frame.
    dropped
        Elements that could not be read as records, by reason.
    doubled
        Records left out because one before them has the same `captureId`.
    unreadable
        Values that became missing because they could not be read, by field. Absent and null are not among them.
    unannounced
        Records with a value other than null, by field that the contract doesn't name and that occurs among the first
        `SAMPLED` elements of the answer; such fields are not in the frame.
    replaced
        Characters that were no valid text and stand as U+FFFD.
    """

    received: int
    records: int
    dropped: Mapping[str, int]
    doubled: int
    unreadable: Mapping[str, int]
    unannounced: Mapping[str, int]
    replaced: int = 0

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        # pandas copies a frame's attributes at nearly every operation; nobody changes these.
        return self

    @property
    def clean(self) -> bool:
        """Whether everything announced was read; doubled records and unannounced fields lose nothing."""
        return not (self.dropped or self.unreadable or self.replaced)

    def sentences(self) -> list[str]:
        """What to tell a person, in plain text; empty when there is nothing to tell."""
        told = [f"{_left_out(reason, count)}." for reason, count in self.dropped.items()]
        if self.doubled:
            told.append(f"{_records(self.doubled)} arrived again with a captureId seen before and counted once.")
        if self.unreadable:
            fields = (f"{field} in {_records(count)}" for field, count in self.unreadable.items())
            told.append(f"Could not be read and is missing: {', '.join(fields)}.")
        if self.replaced:
            told.append(f"Unreadable characters in texts, shown as \ufffd: {self.replaced:,}.")
        if self.unannounced:
            most = sorted(self.unannounced.items(), key=lambda item: -item[1])
            names = [f"{plain(name, 40) or 'no name'} ({_records(count)})" for name, count in most[:_SHOWN_FIELDS]]
            if len(most) > _SHOWN_FIELDS:
                names.append(f"{len(most) - _SHOWN_FIELDS:,} more")
            told.append(f"Fields beyond the API's description are not shown, which is harmless: {', '.join(names)}.")
        return told


def unannounced(counts: Mapping[str, int], others: int = 0) -> dict[str, int]:
    """The counts of unannounced fields as a report gives them; `others` counts those whose names are not known."""
    told: Counter[str] = Counter()
    for rank, (name, count) in enumerate(sorted(counts.items(), key=lambda item: (-item[1], item[0]))):
        if count:
            told[plain(name, 100) if rank < NAMED_FIELDS else OTHER_FIELDS] += count
    if others:
        told[OTHER_FIELDS] += others
    return dict(told)


def _left_out(reason: str, count: int) -> str:
    if reason == NOT_AN_OBJECT and count == 1:
        return "1 record was not an object and was left out"
    if reason == NOT_AN_OBJECT:
        return f"{count:,} records were not objects and were left out"
    return f"{_records(count)} left out: {plain(reason)}"


def _records(count: int) -> str:
    return f"{count:,} record{'' if count == 1 else 's'}"
