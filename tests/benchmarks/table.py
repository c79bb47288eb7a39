"""The rows of the result: what was measured, against which budget, and how they are printed and kept."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tests.benchmarks.figures import ratio

HEADER = ("what", "budget", "straightforward", "ours", "ratio", "met")
_UNITS = {"s": (1.0, " s"), "MB": (1e6, " MB"), "KB": (1e3, " KB"), "": (1.0, "")}


@dataclass(frozen=True)
class Budget:
    """What a row must keep to: no more than ``most``, and at least ``times`` less than the baseline.

    Attributes
    ----------
    unit
        What values are shown in: ``s``, ``MB`` or ``KB`` (values are in seconds and bytes), or nothing.
    """

    unit: str
    most: float | None = None
    times: float | None = None

    def told(self) -> str:
        parts = [] if self.times is None else [f"≤ 1/{self.times:g}"]
        if self.most is not None:
            parts.append(f"≤ {shown(self.most, self.unit)}")
        return ", ".join(parts) or "—"


@dataclass(frozen=True)
class Row:
    """One thing that was measured.

    Attributes
    ----------
    why_not
        Why it could not be measured here; such a row is never met.
    note
        How to read it.
    """

    what: str
    budget: Budget
    baseline: float | None = None
    ours: float | None = None
    why_not: str = ""
    note: str = ""

    @property
    def met(self) -> bool | None:
        """Whether the budget is kept; None when that can't be said or there is none."""
        if self.why_not or self.ours is None or (self.budget.most is None and self.budget.times is None):
            return None
        verdicts = []
        if self.budget.most is not None:
            verdicts.append(self.ours <= self.budget.most)
        if self.budget.times is not None:
            # Nothing at all is infinitely less; not having measured the baseline proves nothing.
            factor = ratio(self.baseline, self.ours)
            if factor is None and self.baseline is None:
                return None if all(verdicts) else False
            verdicts.append(factor is None or factor >= self.budget.times)
        return all(verdicts)

    def cells(self) -> tuple[str, ...]:
        factor = ratio(self.baseline, self.ours)
        verdict = {True: "yes", False: "NO", None: "not measured" if self.why_not or self.ours is None else "—"}
        if self.met is None and self.budget.times is not None and self.ours is not None:
            verdict[None] = "no baseline"
        return (
            self.what,
            self.budget.told(),
            shown(self.baseline, self.budget.unit),
            shown(self.ours, self.budget.unit),
            "—" if factor is None else f"{factor:,.3g}×",
            verdict[self.met],
        )


def shown(value: float | None, unit: str) -> str:
    """A value for people: three digits, in its unit."""
    if value is None or value != value:
        return "—"
    if math.isinf(value):
        return "∞"
    scale, name = _UNITS[unit]
    value /= scale
    digits = 0 if abs(value) >= 100 or value == int(value) else 1 if abs(value) >= 10 else 2
    return f"{value:,.{digits}f}{name}"


def rendered(rows: Iterable[Row]) -> str:
    """The table as Markdown that reads well in a terminal too, and below it what the rows want said."""
    rows = list(rows)
    cells = [HEADER, *(row.cells() for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(HEADER))]
    padded = [[cell.ljust(width) for cell, width in zip(line, widths, strict=True)] for line in cells]
    lines = [f"| {' | '.join(line)} |" for line in padded]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    notes = [f"- {row.what}: {row.why_not or row.note}" for row in rows if row.why_not or row.note]
    return "\n".join([*lines, "", *notes])


def write(path: Path, rows: Iterable[Row], about: dict[str, Any]) -> None:
    """Everything as JSON, values in seconds and bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    told = [{**asdict(row), "ratio": ratio(row.baseline, row.ours), "met": row.met} for row in rows]
    text = json.dumps(_plain({**about, "rows": told}), indent=1, ensure_ascii=False, allow_nan=False)
    path.write_text(text, encoding="utf-8")


def _plain(value: Any) -> Any:
    """JSON has no word for what isn't a number: null stands for it."""
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
