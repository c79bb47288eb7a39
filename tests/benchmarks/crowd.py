"""Many viewers at once: how often the API is called, and what the server does while fifty of them refresh."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.benchmarks import machine, stage
from tests.benchmarks.figures import growth, percentile
from tests.benchmarks.plain import PlainViewer
from tests.benchmarks.relay import Relay

VIEWERS, SECONDS = 50, 5.0
ENDPOINTS = ("session", "event", "latest-event")
# The straightforward app has two views; both are among ours.
VIEWS = {stage.OURS: ("/", "/events", "/sessions", "/latest"), stage.STRAIGHTFORWARD: ("/events", "/sessions")}
FILTERS = ("", "eventType=PURCHASE", "eventType=PRODUCT_VIEW", "interactionType=interactive")


@dataclass
class Crowd:
    """What was seen of a crowd; seconds and bytes."""

    viewers: int
    calls: dict[str, int]
    intervals: float
    cores: float
    refresh_p95: float
    refreshes: int
    asked: int
    answered: int
    tick_p95: float
    memory: list[tuple[float, float]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def cores_to_keep_up(self) -> float:
        """Cores that everything in its time would take; a server that falls behind can't look cheap by it.

        Due is what the timers asked for, and one answer for each viewer and interval where a page asks again only when
        it has its answer.
        """
        due = max(self.asked, self.viewers * self.intervals)
        return math.inf if not self.refreshes else self.cores * max(1.0, due / self.answered)

    @property
    def slow_refresh(self) -> float:
        """The 95th percentile of a refresh; without end where none ended."""
        return self.refresh_p95 if self.refreshes else math.inf

    @property
    def memory_growth(self) -> float:
        """Along the line through the samples without their first fifth: caches fill in the beginning."""
        return growth(self.memory[len(self.memory) // 5 :])


def links(which: str, viewers: int) -> list[tuple[str, str]]:
    """A view and a query for each viewer, mixed, all of one scope; latest-event has no call of its own to spare."""
    mixed = itertools.cycle(itertools.product(FILTERS, VIEWS[which]))
    chosen = [(view, query) for query, view in itertools.islice(mixed, viewers)]
    return [(view, "&".join(filter(None, (f"refresh={SECONDS:g}", query)))) for view, query in chosen]


def watch(
    which: str, folder: Path, api: stage.Api, wanted: Sequence[tuple[str, str]], seconds: float, patience: float
) -> Crowd:
    """Let the viewers look for so many seconds, counted from when each has its view once."""
    with Relay(api.url) as relay, stage.app(which, folder, api.reports(relay.url), refresh=SECONDS) as program:
        return asyncio.run(_watch(program.url, program.process.pid, relay, wanted, seconds, patience))


async def _watch(
    origin: str, pid: int, relay: Relay, wanted: Sequence[tuple[str, str]], seconds: float, patience: float
) -> Crowd:
    viewers = [PlainViewer(origin, view, query) for view, query in wanted]
    # People don't all come at the same moment: they come within one interval.
    tasks = [
        asyncio.create_task(viewer.watch(after=SECONDS * number / len(viewers)))
        for number, viewer in enumerate(viewers)
    ]
    try:
        late = await _until_drawn(viewers, patience)
        for viewer in viewers:
            viewer.runs.forget()
        calls = {endpoint: relay.calls(f"/{endpoint}/") for endpoint in ENDPOINTS}
        began, spent, memory = time.monotonic(), machine.cpu_seconds(pid), []
        while (passed := time.monotonic() - began) < seconds:
            memory.append((passed, float(machine.memory(pid))))
            await asyncio.sleep(min(1.0, seconds - passed))
        cores = (machine.cpu_seconds(pid) - spent) / (time.monotonic() - began)
        calls = {endpoint: relay.calls(f"/{endpoint}/") - before for endpoint, before in calls.items()}
    finally:
        for task in tasks:
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(*tasks, return_exceptions=True)
    refreshes = [value for viewer in viewers for value in viewer.runs.refreshes]
    return Crowd(
        viewers=len(viewers),
        calls=calls,
        intervals=seconds / SECONDS,
        cores=cores,
        refresh_p95=percentile(refreshes, 0.95),
        refreshes=len(refreshes),
        asked=sum(viewer.runs.asked for viewer in viewers),
        answered=sum(viewer.runs.answered for viewer in viewers),
        tick_p95=percentile([value for viewer in viewers for value in viewer.runs.ticks], 0.95),
        memory=memory,
        problems=sorted({problem for viewer in viewers for problem in viewer.runs.problems} | ({late} - {""})),
        seconds=seconds,
    )


async def _until_drawn(viewers: Sequence[PlainViewer], patience: float) -> str:
    """Wait until everybody has a view; what to say of those who still have none: they are part of the result."""
    deadline = time.monotonic() + patience
    while (missing := [viewer for viewer in viewers if not viewer.runs.drawn]) and time.monotonic() < deadline:
        await asyncio.sleep(0.1)
    if not missing:
        return ""
    return f"{len(missing)} of {len(viewers)} viewers had no view after {patience:.0f} s, {missing[0].link} for one"


def refresh_bytes(url: str, view: str, seconds: float, intervals: int, patience: float) -> float:
    """Bytes on the wire in an interval that brings nothing new, whatever the page does in it."""
    with Relay(url) as relay:
        return asyncio.run(_refresh_bytes(relay, view, seconds, intervals, patience))


async def _refresh_bytes(relay: Relay, view: str, seconds: float, intervals: int, patience: float) -> float:
    viewer = PlainViewer(relay.url, view, f"refresh={seconds:g}")
    task = asyncio.create_task(viewer.watch())
    try:
        if late := await _until_drawn([viewer], patience):
            raise RuntimeError("; ".join([late, *viewer.runs.problems]))
        # In the first interval comes what the very first run had no need to send.
        await asyncio.sleep(seconds)
        viewer.runs.forget()
        before = relay.stream_bytes
        await asyncio.sleep(intervals * seconds)
        if task.done() or not viewer.runs.answered:
            raise RuntimeError("; ".join([f"nothing went on on {view}", *viewer.runs.problems]))
        return (relay.stream_bytes - before) / intervals
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
