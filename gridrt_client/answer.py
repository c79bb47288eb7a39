"""The records of one answer of the API, with what is known about them: when it came, what was left out and why."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple, Self

import pandas as pd

from gridrt_client.safe_text import one_line

OnProgress = Callable[[int, int | None], None]
"""Called with the bytes received and the bytes announced, None when the length is unknown."""

NOT_AN_OBJECT: Final = "not an object"
OTHER_FIELDS: Final = "other fields"
NAMED_FIELDS: Final = 100  # unannounced fields counted by name; the rest is `OTHER_FIELDS`: a report stays small
SAMPLED: Final = 20_000  # elements of an answer in which unannounced fields are searched
_SHOWN_FIELDS = 8


class DecodeReport(NamedTuple):
    """Counts of what was received, kept and left out.

    A named tuple, because pandas and pyarrow write a frame's attributes as JSON when it goes to a file or a browser.
    """

    received: int
    """Elements of the array; always ``records + duplicates + sum(dropped.values())``."""
    records: int
    """Rows of the frame."""
    dropped: Mapping[str, int]
    """Elements that are no records, by reason."""
    duplicates: int
    """Records left out because an earlier one has the same `captureId`."""
    unreadable: Mapping[str, int]
    """Values that are missing because they could not be read, by field. Absent and null don't count."""
    unannounced: Mapping[str, int]
    """Records with a value other than null in a field that the contract doesn't name and that occurs among the first
    `SAMPLED` elements, by field. Such fields are not in the frame."""
    replaced: int = 0
    """Characters that were no valid text, replaced by U+FFFD."""

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        # pandas copies a frame's attributes at nearly every operation; a report never changes.
        return self

    def sentences(self) -> list[str]:
        """Return plain-text sentences about what was left out; empty when nothing was."""
        found = []
        for reason, count in self.dropped.items():
            why = f"left out: {one_line(reason)}"
            if reason == NOT_AN_OBJECT:
                why = "was not an object and was left out" if count == 1 else "were not objects and were left out"
            found.append(f"{_records(count)} {why}.")
        if self.duplicates:
            found.append(f"{_records(self.duplicates)} arrived again with a captureId seen before and counted once.")
        if self.unreadable:
            fields = (f"{field} in {_records(count)}" for field, count in self.unreadable.items())
            found.append(f"Could not be read and is missing: {', '.join(fields)}.")
        if self.replaced:
            found.append(f"Unreadable characters in texts, shown as \ufffd: {self.replaced:,}.")
        if self.unannounced:
            most = sorted(self.unannounced.items(), key=lambda item: -item[1])
            names = [f"{one_line(name, 40) or 'no name'} ({_records(count)})" for name, count in most[:_SHOWN_FIELDS]]
            if len(most) > _SHOWN_FIELDS:
                names.append(f"{len(most) - _SHOWN_FIELDS:,} more")
            found.append(f"Fields beyond the API's description are not shown, which is harmless: {', '.join(names)}.")
        return found


@dataclass(frozen=True)
class Answer:
    """One decoded answer."""

    frame: pd.DataFrame
    """One row per record, as `schema` describes it. Shared: never changed."""
    report: DecodeReport
    answered_at: datetime
    """When the answer began to arrive (UTC), by this computer's clock."""
    api_time: datetime
    """The same moment by the API's clock; equal to `answered_at` while both agree to a few seconds."""

    def to_frame(self) -> pd.DataFrame:
        """Return a copy-on-write copy of the frame with ``attrs``: ``report``, ``answered_at`` and ``api_time``.

        Times are ISO 8601 text, because pandas and pyarrow write a frame's attributes as JSON.
        """
        frame = self.frame.copy(deep=False)
        frame.attrs = {
            "report": self.report,
            "answered_at": self.answered_at.isoformat(),
            "api_time": self.api_time.isoformat(),
        }
        return frame


@dataclass(frozen=True)
class SharedAnswer(Answer):
    """An answer that another process fetched."""

    age: float
    """Seconds since it was answered."""
    took: float
    """Seconds of that process's fetch."""


FetchFunction = Callable[[OnProgress], Answer]


def unannounced(counts: Mapping[str, int], others: int = 0) -> dict[str, int]:
    """Return the counts of unannounced fields for a report; `others` counts values of fields without a known name."""
    found: Counter[str] = Counter()
    for rank, (name, count) in enumerate(sorted(counts.items(), key=lambda item: (-item[1], item[0]))):
        if count:
            found[one_line(name, 100) if rank < NAMED_FIELDS else OTHER_FIELDS] += count
    if others:
        found[OTHER_FIELDS] += others
    return dict(found)


def _records(count: int) -> str:
    return f"{count:,} record{'' if count == 1 else 's'}"
