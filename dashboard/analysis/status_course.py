"""The course of a thing's status over a span of time: what it was in, silent or not known, without gaps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import pandas as pd

from dashboard.analysis.columns import stamp
from dashboard.analysis.devices import TILES, Devices
from dashboard.analysis.formatting import age
from dashboard.analysis.status_reference import Status

NOT_KNOWN: Final = Status("Not known", "#8a9099", -1, "·", "not known")


class Segment(NamedTuple):
    """A part of the span.

    ``begin`` and ``end`` are microseconds since the epoch; ``int1`` is the exact text of the value that was reported
    first, empty for none.
    """

    begin: int
    end: int
    state: Status
    int1: str = ""

    @property
    def seconds(self) -> float:
        return (self.end - self.begin) / 1e6


def course(found: Devices, place: int, start: pd.Timestamp, end: pd.Timestamp) -> list[Segment]:
    """Return what a thing was in from one moment to another, UTC; neighbours differ in their label.

    ``place`` is its position in ``found.history``, -1 for one of which nothing is known.
    """
    first, last = stamp(start), stamp(end)
    own = found.history.stretches_of(place)
    states = [found.states[code] for code in found.state_of_stretch[own.index.to_numpy()]]
    segments = [Segment(first, int(own["begin"].iloc[0]) if len(own) else last, NOT_KNOWN)]
    columns = (own[name] for name in ("begin", "held_until", "end", "int1"))
    for begin, until, stop, int1, state in zip(*columns, states, strict=True):
        segments += [Segment(begin, until, state, int1), Segment(until, stop, TILES["silent"])]
    merged: list[Segment] = []
    for begin, stop, state, int1 in segments:
        begin, stop = max(int(begin), first), min(int(stop), last)
        if begin >= stop:
            continue
        if merged and merged[-1].state.label == state.label:
            merged[-1] = merged[-1]._replace(end=stop)
        else:
            merged.append(Segment(begin, stop, state, int1))
    return merged


def in_words(segments: Sequence[Segment]) -> str:
    """Return how long each state lasted in total, the longest first: ``Online 21 h 5 min, Silent 2 h 55 min``."""
    totals: dict[str, float] = {}
    for segment in segments:
        totals[segment.state.label] = totals.get(segment.state.label, 0.0) + segment.seconds
    ordered = sorted(totals.items(), key=lambda item: -item[1])
    return ", ".join(f"{label} {age(seconds)}" for label, seconds in ordered)
