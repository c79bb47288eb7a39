"""What a page on a wall holds on to in a day: memory of the server, elements and JavaScript heap of the browser.

``python -m tests.benchmarks.wall`` shows the view Now as on a wall while a day of the emulator passes, faster than real
time: with 480 seconds a second in three minutes, which are 180 refreshes, each with eight minutes of new records.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from tests.benchmarks import machine, stage
from tests.benchmarks.driver import Visitor
from tests.benchmarks.figures import growth
from tests.benchmarks.table import Budget, Row, rendered

EVENTS = 20_000
SPEED = 480
DAY_SECONDS = 86_400
SAMPLE_SECONDS = 3.0
GROWTH = {"memory": 0.05, "nodes": 0.05, "heap": 0.1}
"""The share of the last value that a measure may grow by, along the line through the samples."""


@dataclass
class Wall:
    """Samples of each measure: seconds since the page was drawn, and the value; and how many refreshes were drawn."""

    memory: list[tuple[float, float]] = field(default_factory=list)
    nodes: list[tuple[float, float]] = field(default_factory=list)
    heap: list[tuple[float, float]] = field(default_factory=list)
    refreshes: int = 0

    def growth(self, name: str) -> float:
        """Return the growth from the end of the first third on, while caches fill, to the end."""
        samples: list[tuple[float, float]] = getattr(self, name)
        return growth(samples[len(samples) // 3 :])


def watch(folder: Path, seconds: float, speed: int = SPEED) -> Wall:
    """Show the page for so many seconds of real time."""
    found = Wall()
    with (
        stage.api(folder, EVENTS, moving=True, speed=speed) as api,
        stage.app(stage.OURS, folder, api.reports(), refresh=1) as program,
        stage.chromium(folder) as browser,
        Visitor(browser, program.url) as visitor,
    ):
        visitor.page.goto(f"{program.url}/?present=1&refresh=1")
        visitor.page.until("Boolean(document.querySelector('.st-key-metric_events [data-testid=stMetricValue]'))")
        visitor.page.evaluate(_COUNT_REFRESHES)
        began = time.monotonic()
        while (passed := time.monotonic() - began) < seconds:
            found.heap.append((passed, visitor.heap_bytes()))
            found.nodes.append((passed, visitor.page.metrics()["Nodes"]))
            if machine.SEEN:
                found.memory.append((passed, float(machine.memory(program.process.pid))))
            time.sleep(SAMPLE_SECONDS)
        found.refreshes = int(visitor.page.evaluate("window.__refreshes"))
    return found


_COUNT_REFRESHES = """
    window.__refreshes = 0
    document.addEventListener("gridrt-refresh", () => { window.__refreshes += 1 })
"""


def rows(found: Wall) -> list[Row]:
    """The rows of the result."""
    units = {"memory": ("memory of the server", "MB"), "nodes": ("elements of the page", ""), "heap": ("heap", "MB")}
    told = []
    for name, (words, unit) in units.items():
        samples: list[tuple[float, float]] = getattr(found, name)
        if not samples:
            told.append(Row(f"a day on a wall, growth of {words}", Budget(unit), why_not=machine.WHY_NOT))
            continue
        last = samples[-1][1]
        most = GROWTH[name] * last
        note = f"{found.refreshes} refreshes; {samples[0][1]:,.0f} at first, {last:,.0f} at last"
        told.append(Row(f"a day on a wall, growth of {words}", Budget(unit, most), None, found.growth(name), note=note))
    return told


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.wall", description=__doc__)
    parser.add_argument("--speed", type=int, default=SPEED, help=f"seconds of the day in a second (default: {SPEED})")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        print(rendered(rows(watch(Path(folder), DAY_SECONDS / options.speed, options.speed))))


if __name__ == "__main__":
    main()
