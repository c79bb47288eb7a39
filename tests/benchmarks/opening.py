"""How long the view of events takes to open, compared with a well-written Dash page, one after the other by turns."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from tests.benchmarks import stage
from tests.benchmarks.chromium import Chromium
from tests.benchmarks.driver import Visitor
from tests.benchmarks.figures import median


@dataclass
class Openings:
    """Seconds until all is drawn: in browsers that open the page for the first time, and for the second."""

    new: list[float] = field(default_factory=list)
    used: list[float] = field(default_factory=list)

    @property
    def medians(self) -> tuple[float, float]:
        return median(self.new), median(self.used)


def compare(browser: Chromium, folder: Path, api: stage.Api, repeats: int) -> dict[str, Openings]:
    """Open both pages by turns. Both have the events already: the first opening of each is not counted."""
    found = {stage.DASH: Openings(), stage.OURS: Openings()}
    with (
        stage.app(stage.OURS, folder, api.reports(), refresh=86_400) as ours,
        stage.dash(folder, api.reports()) as dash,
    ):
        origins = {stage.DASH: dash.url, stage.OURS: ours.url}
        for number in range(repeats + 1):
            for which, origin in origins.items():
                with Visitor(browser, origin) as visitor:
                    new = _open(visitor, which)
                    visitor.leave()
                    used = _open(visitor, which)
                if number:
                    found[which].new.append(new)
                    found[which].used.append(used)
    return found


def _open(visitor: Visitor, which: str) -> float:
    return visitor.open_dash() if which == stage.DASH else visitor.open("/events")
