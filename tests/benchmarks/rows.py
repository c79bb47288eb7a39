"""Which measurement is held against which budget."""

from __future__ import annotations

import itertools
import math

from tests.benchmarks.crowd import FILTERS, Crowd
from tests.benchmarks.decoding import Decoded
from tests.benchmarks.driver import OTHERS, PARTS
from tests.benchmarks.figures import median
from tests.benchmarks.opening import KINDS, Openings
from tests.benchmarks.table import Budget, Row
from tests.benchmarks.views import Measured

NOT_RUN = "not run"
# What 1/80 stands for: the straightforward page took 13.7 s for a million events when the budgets were made.
FILTER_CPU_SECONDS = 13.7 / 80


def of_views(baseline: Measured, ours: Measured) -> list[Row]:
    """Time, CPU, bytes and memory of single views."""

    def row(what: str, budget: Budget, name: str, view: str | None = None, note: str = "") -> Row:
        there, here = (_value(found, name, view) for found in (baseline, ours))
        why_not = "" if here is not None else _problem(ours, name, view) or NOT_RUN
        missing = _problem(baseline, name, view)
        if there is None and missing:
            note = "; ".join(filter(None, (note, f"straightforward: {missing}")))
        return Row(what, budget, there, here, why_not, note)

    found = []
    for view, change in itertools.product(PARTS, ("to one type", "to all types")):
        times = 100 if view == "/events" else None
        which = f"{view} {change}"
        cpu = ours.filter_cpu.get(which)
        absolute = "" if cpu is None else f": {'yes' if cpu <= FILTER_CPU_SECONDS else 'no'}"
        told = (
            f"≤ {FILTER_CPU_SECONDS:.2f} s, which 1/80 stood for at a million events when the budget was made{absolute}"
        )
        found += [
            row(f"eventType filter on {which}: server CPU", Budget("s", times=80), "filter_cpu", which, told),
            row(f"eventType filter on {which}: wall time", Budget("s", 0.5, times), "filter_seconds", which),
        ]
    found += [row(f"{view} opened by a second viewer, until drawn", Budget("s", 3), "second", view) for view in PARTS]
    found += [
        row("/events, the very first view after a start, until drawn", Budget("s", 7), "first"),
        row(
            "the same, until it tells of work under way",
            Budget("s", 1),
            "progress",
            note="from the start of the navigation: loading the page's scripts is in it",
        ),
    ]
    for view in PARTS:
        found.append(
            row(
                f"bytes to the browser, first draw of {view}",
                Budget("KB", 500e3),
                "first_bytes",
                view,
                note=f"on the wire; unpacked {_megabytes(baseline, view)} and {_megabytes(ours, view)}",
            )
        )
    for view in PARTS:
        found.append(
            row(
                f"bytes of a refresh with nothing new on {view}",
                Budget("KB", 10e3),
                "refresh_bytes",
                view,
                note="on the wire, for each interval: whatever the page does in it",
            )
        )
    found.append(row("peak memory of the process", Budget("MB", 1.1e9), "peak"))
    found += [row(f"JavaScript heap of {view}", Budget("MB", 120e6), "heap", view) for view in PARTS]
    for view in OTHERS:
        told = "what is computed once for each snapshot and filter"
        found.append(row(f"{view}: server CPU of the first opening", Budget("s", 0.3), "other_cpu", view, told))
        found.append(row(f"{view} opened by a second viewer, until drawn", Budget("s", 3), "other_seconds", view))
    return found


def of_crowd(baseline: Crowd | None, alone: Crowd | None, ours: Crowd | None, why_not: str) -> list[Row]:
    """Many viewers."""
    fetched = ("session", "event")

    def calls(crowd: Crowd | None, names: tuple[str, ...]) -> float | None:
        return None if crowd is None else float(sum(crowd.calls[name] for name in names))

    questions = len(FILTERS)
    single, single_latest = calls(alone, fetched), calls(alone, ("latest-event",))
    size = "" if ours is None else f"{ours.viewers} viewers without a browser, {ours.seconds:.0f} s"
    other = "" if baseline is None else f"; straightforward {baseline.seconds:.0f} s"
    problems = [] if ours is None else ours.problems
    told = "; ".join([f"{size}{other}", *problems])
    per_second = "in as many intervals, one more of each allowed at the edge"
    # Few calls of a server that is too busy to look at the clock prove nothing.
    too_busy = why_not or ("" if ours is None or ours.refreshes else "; ".join(problems) or "no refresh ended")
    growth = None if ours is None else ours.memory_growth
    return [
        Row(
            "API calls for sessions and events, 50 viewers",
            Budget("", None if single is None else single + len(fetched)),
            _scaled(baseline, alone, calls(baseline, fetched)),
            _scaled(ours, alone, calls(ours, fetched)),
            too_busy,
            f"one viewer: {single or 0:.0f} {per_second}",
        ),
        Row(
            "API calls for latest-event, 50 viewers",
            Budget("", None if single_latest is None else questions * (single_latest + 1)),
            None,
            _scaled(ours, alone, calls(ours, ("latest-event",))),
            too_busy,
            f"one viewer: {single_latest or 0:.0f}, with one question; fifty ask {questions}, one for each filter",
        ),
        Row(
            "50 viewers refreshing every 5 s: cores to keep up",
            Budget("", 1.0),
            None if baseline is None else baseline.cores_to_keep_up,
            None if ours is None else ours.cores_to_keep_up,
            why_not,
            told,
        ),
        Row(
            "the same, p95 of a refresh",
            Budget("s", 1.0),
            None if baseline is None else baseline.slow_refresh,
            None if ours is None else ours.slow_refresh,
            why_not,
            _refreshes(baseline, ours),
        ),
        Row(
            "the same, growth of memory",
            Budget("MB", None if ours is None or not ours.memory else 0.05 * ours.memory[-1][1]),
            None if baseline is None else baseline.memory_growth,
            growth,
            why_not,
            "along the line through the samples; within 5 % of the memory held is called no growth",
        ),
    ]


def of_openings(dash: Openings, ours: Openings) -> list[Row]:
    """Opening /events, against the Dash page instead of the straightforward one."""
    rows = []
    for kind, what in KINDS.items():
        spread, other = (f"{min(each):.2f} to {max(each):.2f} s" for each in (ours[kind], dash[kind]))
        note = f"compared with the Dash page ({other}); {len(ours[kind])} times by turns, ours {spread}"
        rows.append(Row(what, Budget("s", times=1), median(dash[kind]), median(ours[kind]), note=note))
    return rows


def of_decoding(baseline: Decoded, ours: Decoded) -> list[Row]:
    """From the bytes of an answer to the frame."""
    size = f"{ours.rows:,} events, {ours.payload / 1e6:,.0f} MB of JSON"
    return [
        Row("decoding the events", Budget("s", times=4), baseline.seconds, ours.seconds, note=size),
        Row("the same, peak memory of a process", Budget("MB", times=1.54), baseline.peak, ours.peak, note="≤ 65 %"),
        Row("the same, the frame", Budget("MB", 250e6), baseline.frame, ours.frame),
    ]


def _refreshes(*crowds: Crowd | None) -> str:
    return "; ".join(
        f"{name}: {crowd.refreshes / max(1, crowd.viewers * crowd.intervals):.2f} refreshes per viewer and interval"
        + (f", p95 of a tick that redraws nothing {crowd.tick_p95:.2f} s" if math.isfinite(crowd.tick_p95) else "")
        for name, crowd in zip(("straightforward", "ours"), crowds, strict=True)
        if crowd is not None
    )


def _scaled(crowd: Crowd | None, alone: Crowd | None, calls: float | None) -> float | None:
    """Calls in as many intervals as the single viewer was watched for."""
    if crowd is None or alone is None or calls is None:
        return None
    return calls * alone.intervals / crowd.intervals


def _problem(found: Measured, name: str, view: str | None) -> str:
    return found.problems.get((view or name).split()[0]) or found.problems.get(name, "")


def _value(found: Measured, name: str, view: str | None) -> float | None:
    value = getattr(found, name)
    picked: float | None = value.get(view) if isinstance(value, dict) else value
    return picked


def _megabytes(found: Measured, view: str) -> str:
    size = found.payload_bytes.get(view)
    return "—" if size is None else f"{size / 1e6:,.2f} MB"
