"""The funnel against a walk through each session in plain Python."""

from __future__ import annotations

from datetime import datetime
from statistics import median

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.analysis.event_filter import EventFilter
from dashboard.analysis.funnel import EXAMPLE, FunnelStep, funnel, funnel_by_space
from dashboard.filters import Window
from tests.dashboard import shopping
from tests.dashboard.frames import Record, ago, calm, one_each
from tests.dashboard.shopping import SPAN, STEPS, join, of_people, time_of

spans = st.sampled_from([None, SPAN])


def walk(events: list[Record], steps: tuple[str, ...]) -> list[datetime]:
    """When a session came to each step: in order, the first event at or after the step before."""
    moments: list[datetime] = []
    for step in steps:
        later = [
            time_of(event)
            for event in events
            if event["eventType"] == step and (not moments or time_of(event) >= moments[-1])
        ]
        if not later:
            break
        moments.append(min(later))
    return moments


@calm
@given(shopping.sessions, shopping.events(), spans, st.permutations(STEPS).map(tuple), st.integers(1, 5))
def test_the_funnel_counts_what_its_docstring_says(
    sessions: list[Record], events: list[Record], span: Window | None, order: tuple[str, ...], length: int
) -> None:
    steps = order[:length]
    database, chosen = join(sessions, events).database, EventFilter(span=span)
    walks = {name: walk(own, steps) for name, own in of_people(events, span).items()}
    expected = []
    for place, step in enumerate(steps):
        there = [moments for moments in walks.values() if len(moments) > place]
        gaps = [(moments[place] - moments[place - 1]).total_seconds() for moments in there] if place else []
        of_machines = sum(
            event["eventType"] == step and event["interaction"] is False and shopping_span(event, span)
            for event in events
        )
        expected.append(FunnelStep(step, len(there), median(gaps) if gaps else None, of_machines))
    assert funnel(database, steps, chosen) == expected

    spaces = {session["sessionId"]: session["spaceId"] for session in one_each(sessions) if session["sessionId"]}
    by_space: dict[str | None, list[int]] = {}
    for name, moments in walks.items():
        if moments:
            counts = by_space.setdefault(spaces.get(name), [0] * len(steps))
            for place in range(len(moments)):
                counts[place] += 1
    found = funnel_by_space(database, steps, chosen)
    listed = zip(found.index, found.to_numpy().tolist(), strict=True)
    assert {None if pd.isna(space) else space: counts for space, counts in listed} == by_space
    assert found.iloc[:, 0].is_monotonic_decreasing


def shopping_span(event: Record, span: Window | None) -> bool:
    return span is None or shopping.is_dated(event, span)


def visit(*types: str, name: str = "a") -> list[Record]:
    common = {"sessionId": name, "interaction": True}
    return [
        {**common, "captureId": f"{name}{n}", "eventType": eventType, "eventTime": ago(seconds=60 - n)}
        for n, eventType in enumerate(types)
    ]


@pytest.mark.parametrize(
    ("types", "reached"),
    [
        (STEPS, [1, 1, 1, 1, 1]),
        (STEPS[::-1], [1, 0, 0, 0, 0]),
        (("PURCHASE", *STEPS[:2], "SEARCH", "CATEGORY_VIEW", "CART_ADD"), [1, 1, 1, 0, 0]),
        (STEPS[1:], [0, 0, 0, 0, 0]),
    ],
)
def test_the_order_of_events_counts(types: tuple[str, ...], reached: list[int]) -> None:
    found = funnel(join([], visit(*types)).database, EXAMPLE)
    assert [step.sessions for step in found] == reached


def test_events_of_one_moment_count_as_in_order() -> None:
    events = [{**event, "eventTime": ago(seconds=5)} for event in visit(*STEPS[::-1])]
    found = funnel(join([], events).database, EXAMPLE)
    assert [step.sessions for step in found] == [1] * 5
    assert [step.seconds for step in found] == [None, 0, 0, 0, 0]


def test_the_median_time_is_in_seconds() -> None:
    events = [*visit("SEARCH", "PURCHASE"), *visit("SEARCH", "X", "PURCHASE", name="b")]
    found = funnel(join([], events).database, ["SEARCH", "PURCHASE"])
    assert found[1] == FunnelStep("PURCHASE", 2, 1.5, 0)


@pytest.mark.parametrize("steps", [[], ["A", "A"], [str(n) for n in range(11)]])
def test_steps_are_one_to_ten_different_types(steps: list[str]) -> None:
    with pytest.raises(ValueError, match="1 to 10 different steps"):
        funnel(join([], []).database, steps)


def test_an_event_type_is_no_part_of_the_statement() -> None:
    odd = "x') or ('1' = '1"
    events = [{"sessionId": "a", "captureId": "1", "eventType": odd, "interaction": True, "eventTime": ago(seconds=1)}]
    assert funnel(join([], events).database, [odd])[0].sessions == 1
    assert funnel(join([], events).database, ["{events}"])[0].sessions == 0
