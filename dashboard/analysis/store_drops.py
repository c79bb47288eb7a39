"""When a number fell most from one bin of time to the next, and which outages were at that time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import pandas as pd

from dashboard.analysis.outages import Outage

LEAST_BEFORE: Final = 3
"""A fall from fewer than this may be chance and is no drop."""


LEAST_SHARE: Final = 0.1
"""A shorter outage, as a share of the time of the fall, is not named together with it."""


@dataclass(frozen=True)
class Drop:
    """A fall between two bins: the numbers of both, where the second begins (UTC), and where it ends."""

    before: int
    after: int
    moment: pd.Timestamp
    end: pd.Timestamp


def largest_drop(numbers: Sequence[int], edges: pd.DatetimeIndex, partial: tuple[bool, bool]) -> Drop | None:
    """Return the largest fall from one bin to the next, the latest of equal ones; None where nothing fell by half.

    Parameters
    ----------
    numbers
        One for each bin.
    edges
        The edges of the bins, UTC.
    partial
        Whether the first and the last bin are only partly known: no fall is from or to them.
    """
    first, stop = int(partial[0]), len(numbers) - int(partial[1])
    places = [
        place
        for place in range(first + 1, stop)
        if numbers[place - 1] >= LEAST_BEFORE and 2 * numbers[place] <= numbers[place - 1]
    ]
    if not places:
        return None
    place = max(places, key=lambda place: (numbers[place - 1] - numbers[place], place))
    return Drop(int(numbers[place - 1]), int(numbers[place]), edges[place], edges[place + 1])


def outages_at(outages: Iterable[Outage], drop: Drop) -> list[Outage]:
    """Return the outages that cover at least `LEAST_SHARE` of the second bin of a fall.

    Those come first that began nearest to its begin.
    """
    least = LEAST_SHARE * (drop.end - drop.moment)
    there = [one for one in outages if min(one.end, drop.end) - max(one.start, drop.moment) >= least]
    return sorted(there, key=lambda outage: (abs(outage.start - drop.moment), outage.thing))


def began_with(outage: Outage, drop: Drop) -> bool:
    """Whether an outage began not earlier than one bin before the fall."""
    return not outage.is_older and outage.start >= drop.moment - (drop.end - drop.moment)
