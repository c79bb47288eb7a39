"""What is computed from measurements; nothing here measures."""

from __future__ import annotations

import math
from collections.abc import Sequence


def percentile(values: Sequence[float], share: float) -> float:
    """The value that ``share`` (0 to 1) of the values do not exceed, by the nearest rank; NaN of none.

    The nearest rank is a value that was really measured, and never lower than an interpolated one would be rounded to.
    """
    if not values:
        return math.nan
    rank = max(1, math.ceil(share * len(values)))
    return sorted(values)[rank - 1]


def median(values: Sequence[float]) -> float:
    """The middle value, or the mean of the middle two; NaN of none."""
    if not values:
        return math.nan
    ordered, middle = sorted(values), len(values) // 2
    return ordered[middle] if len(values) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def ratio(baseline: float | None, ours: float | None) -> float | None:
    """How many times less ours is; None where one of them wasn't measured or ours is too small to divide by."""
    if baseline is None or ours is None or not math.isfinite(baseline) or not math.isfinite(ours) or ours <= 0:
        return None
    return baseline / ours


def growth(samples: Sequence[tuple[float, float]]) -> float:
    """What the value grows by from the first to the last moment, along the least-squares line; 0 of fewer than two.

    A line, because memory breathes: the first and the last sample alone would tell of the breath.
    """
    if len(samples) < 2:
        return 0.0
    moments, values = [moment for moment, _ in samples], [value for _, value in samples]
    middle, mean = sum(moments) / len(moments), sum(values) / len(values)
    spread = sum((moment - middle) ** 2 for moment in moments)
    if spread == 0:
        return 0.0
    slope = sum((moment - middle) * (value - mean) for moment, value in samples) / spread
    return slope * (max(moments) - min(moments))
