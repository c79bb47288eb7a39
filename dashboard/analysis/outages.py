"""When things were offline or silent: their outages in a span of time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from dashboard.analysis.columns import Ints, stamp
from dashboard.analysis.device_status import LONGEST_PART, moments
from dashboard.analysis.devices import DOWN, Devices
from dashboard.analysis.status_course import NOT_KNOWN, course
from dashboard.filters import Window
from gridrt_client.safe_text import shown


@dataclass(frozen=True)
class Outage:
    """A span of time in which a thing was offline or silent.

    Attributes
    ----------
    thing
        What a person reads for it.
    status, colour, is_silent
        The words and the colour of the status; whether it is that nothing was heard.
    start, end
        UTC; cut to the span that was asked for.
    is_older, goes_on
        Whether it may have begun before ``start``, and whether it has not ended at ``end``.
    """

    thing: str
    status: str
    colour: str
    is_silent: bool
    start: pd.Timestamp
    end: pd.Timestamp
    is_older: bool
    goes_on: bool


def outages(found: Devices, names: Sequence[str | None], span: Window, now: pd.Timestamp) -> list[Outage]:
    """Return the outages of things in a span, in the order of the things and of time.

    Parameters
    ----------
    names
        What a person reads for each of ``found.rows``. Where several have the same, that of the device is added.
    now
        The present, UTC: nothing is known of what comes after it.
    """
    end = min(span.end, now)
    if span.start >= end:
        return []
    rows = found.rows
    texts = pd.Series([name or "unnamed" for name in names], dtype="str")
    devices = rows["deviceId"].reset_index(drop=True)
    texts = texts.where(
        ~texts.duplicated(keep=False) | devices.isna(),
        texts + " · " + devices.map(lambda device: shown(device, LONGEST_PART), na_action="ignore"),
    )
    outages: list[Outage] = []
    for place, text in zip(rows["place"].tolist(), texts, strict=True):
        before = NOT_KNOWN
        for segment in course(found, place, span.start, end):
            if segment.state.kind in DOWN:
                start, stop = _moments(segment.begin, segment.end)
                is_older = before is NOT_KNOWN
                goes_on = segment.end >= stamp(end)
                state = segment.state
                outages.append(
                    Outage(text, state.label, state.colour, state.kind == "silent", start, stop, is_older, goes_on)
                )
            before = segment.state
    return outages


def _moments(*stamps: int) -> list[pd.Timestamp]:
    values: Ints = pd.array(list(stamps), dtype="int64").to_numpy()
    return list(moments(values))
