"""What one view costs: opened first, opened by a second viewer, filtered; in time, CPU, memory and bytes."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.benchmarks import crowd, machine, stage
from tests.benchmarks.chromium import Chromium
from tests.benchmarks.driver import OTHERS, PARTS, Visitor
from tests.benchmarks.figures import median
from tests.benchmarks.relay import Relay

# The commonest first, which is what the straightforward page is measured with; other ones on each view, because what a
# filter lets through may be kept and would be there already.
TYPES = {
    "/events": ("PRODUCT_VIEW", "CONTENT_VIEW", "SEARCH"),
    "/sessions": ("APP_START", "CATEGORY_VIEW", "CART_ADD"),
}


@dataclass
class Measured:
    """What was measured of one app. Values by view where views differ; seconds and bytes."""

    first: float | None = None
    progress: float | None = None
    second: dict[str, float] = field(default_factory=dict)
    filter_seconds: dict[str, float] = field(default_factory=dict)
    filter_cpu: dict[str, float] = field(default_factory=dict)
    first_bytes: dict[str, float] = field(default_factory=dict)
    payload_bytes: dict[str, float] = field(default_factory=dict)
    heap: dict[str, float] = field(default_factory=dict)
    refresh_bytes: dict[str, float] = field(default_factory=dict)
    other_cpu: dict[str, float] = field(default_factory=dict)
    other_seconds: dict[str, float] = field(default_factory=dict)
    peak: float | None = None
    problems: dict[str, str] = field(default_factory=dict)


def measure(browser: Chromium, which: str, folder: Path, api: stage.Api, found: Measured, repeats: int = 1) -> None:
    """Everything about one app, from its start on. What fails is noted, and the rest goes on."""
    # Old answers are good enough for all but the refresh: nothing is fetched while something else is measured.
    with stage.app(which, folder, api.reports(), refresh=86_400) as program:
        pid = program.process.pid
        with _noting(found, "first"), Visitor(browser, program.url) as visitor:
            found.first = visitor.open("/events")
            found.progress = visitor.progress_after()
        for view in PARTS:
            with _noting(found, view), Relay(program.url) as relay:
                _view(browser, relay, view, pid, TYPES[view][:repeats], found)
        if which == stage.OURS:
            for view in OTHERS:
                with _noting(found, view):
                    _other(browser, program.url, view, pid, found)
        if machine.SEEN:
            found.peak = machine.peak_memory(pid)
    if not machine.SEEN:
        found.problems |= {"filter_cpu": machine.WHY_NOT, "peak": machine.WHY_NOT}


def refreshes(
    which: str, folder: Path, api: stage.Api, seconds: float, intervals: int, patience: float, found: Measured
) -> None:
    """Bytes of a refresh, on an app of its own: its fetching must not fall into what else is measured.

    It also adds to the peak of memory: while an answer is renewed the old one is still there.
    """

    def look(view: str) -> None:
        with _noting(found, view):
            found.refresh_bytes[view] = crowd.refresh_bytes(program.url, view, seconds, intervals, patience)

    with stage.app(which, folder, api.reports(), refresh=seconds) as program, ThreadPoolExecutor() as pool:
        list(pool.map(look, PARTS))
        if machine.SEEN:
            found.peak = max(found.peak or 0, machine.peak_memory(program.process.pid))


@contextmanager
def _noting(found: Measured, what: str) -> Iterator[None]:
    try:
        yield
    except (RuntimeError, OSError) as error:
        found.problems[what] = str(error).splitlines()[0]


def _view(browser: Chromium, relay: Relay, view: str, pid: int, types: tuple[str, ...], found: Measured) -> None:
    if view == "/sessions":
        # The sessions are fetched at the first visit: that one is not what is measured.
        with Visitor(browser, relay.url) as visitor:
            visitor.open(view)
    before = relay.stream_bytes
    with Visitor(browser, relay.url) as visitor:
        found.second[view] = visitor.open(view)
        found.first_bytes[view] = relay.stream_bytes - before + visitor.http_bytes()
        found.payload_bytes[view] = visitor.seen()["bytes"]
        found.heap[view] = visitor.heap_bytes()
        _change(visitor, view, pid, types, found)


def _other(browser: Chromium, origin: str, view: str, pid: int, found: Measured) -> None:
    """Open a view twice: what the first opening computes is kept, which is its CPU beyond that of the second."""
    query = f"refresh=off&spaceId={stage.SPACE}" if view == "/store" else "refresh=off"
    spent = []
    for _ in range(2):
        before = machine.cpu_seconds(pid) if machine.SEEN else 0.0
        with Visitor(browser, origin) as visitor:
            found.other_seconds[view] = visitor.open(view, query)
        spent.append(machine.cpu_seconds(pid) - before if machine.SEEN else 0.0)
    if machine.SEEN:
        found.other_cpu[view] = max(spent[0] - spent[1], 0.0)


def _change(visitor: Visitor, view: str, pid: int, types: tuple[str, ...], found: Measured) -> None:
    """Choose each of the types, clearing the filter in between: both are changes of it."""
    spent: dict[str, tuple[list[float], list[float]]] = {"to one type": ([], []), "to all types": ([], [])}
    for kind in types:
        for change, (seconds, cpu) in spent.items():
            before = machine.cpu_seconds(pid) if machine.SEEN else 0.0
            seconds.append(visitor.choose_type(view, kind) if change == "to one type" else visitor.clear_type(view))
            cpu.append(machine.cpu_seconds(pid) - before if machine.SEEN else 0.0)
    for change, (seconds, cpu) in spent.items():
        found.filter_seconds[f"{view} {change}"] = median(seconds)
        if machine.SEEN:
            found.filter_cpu[f"{view} {change}"] = median(cpu)
