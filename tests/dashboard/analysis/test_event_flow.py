"""The flow of events against paths that are counted in plain Python; its sums reconcile."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.analysis.event_filter import EventFilter
from dashboard.analysis.event_flow import EventFlow, event_flow
from dashboard.filters import Window
from tests.dashboard import shopping
from tests.dashboard.frames import Record, ago, calm
from tests.dashboard.shopping import SPAN, join, of_people


def sums_reconcile(flow: EventFlow, depth: int) -> None:
    for node in flow.nodes:
        out = sum(link.sessions for link in flow.links if (link.step, link.source) == (node.step, node.eventType))
        into = sum(link.sessions for link in flow.links if (link.step + 1, link.target) == (node.step, node.eventType))
        assert node.sessions == node.ended + node.went_on
        assert node.went_on == out or node.step == depth
        assert into == node.sessions or node.step == 1
        assert node.sessions > 0
    assert sum(node.sessions for node in flow.nodes if node.step == 1) == flow.sessions


@calm
@given(shopping.events(), st.sampled_from([None, SPAN]), st.integers(2, 6), st.integers(1, 4))
def test_the_flow_counts_what_its_docstring_says(
    events: list[Record], span: Window | None, depth: int, top: int
) -> None:
    flow = event_flow(join([], events).database, depth, top, EventFilter(span=span))
    paths = [
        [event["eventType"] if event["eventType"] is not None else flow.missing for event in own]
        for own in of_people(events, span).values()
    ]
    assert flow.sessions == len(paths)
    named: dict[int, list[str]] = {}
    for step in range(1, depth + 1):
        counts = Counter(path[step - 1] for path in paths if len(path) >= step)
        named[step] = sorted(counts, key=lambda name: (-counts[name], name))[:top]

    def at(path: list[str], step: int) -> str | None:
        return path[step - 1] if path[step - 1] in named[step] else None

    nodes = Counter((step, at(path, step)) for path in paths for step in range(1, min(len(path), depth) + 1))
    ended = Counter((len(path), at(path, len(path))) for path in paths if len(path) <= depth)
    links = Counter(
        (step, at(path, step), at(path, step + 1)) for path in paths for step in range(1, min(len(path), depth))
    )
    assert {(node.step, node.eventType): node.sessions for node in flow.nodes} == nodes
    assert {(node.step, node.eventType): node.ended for node in flow.nodes if node.ended} == ended
    assert {(link.step, link.source, link.target): link.sessions for link in flow.links} == links
    sums_reconcile(flow, depth)


def test_a_missing_type_differs_from_one_of_that_name() -> None:
    events = [
        {"sessionId": f"{n}", "captureId": f"{n}", "eventType": name, "interaction": True, "eventTime": ago(seconds=1)}
        for n, name in enumerate([None, "(missing)", None])
    ]
    flow = event_flow(join([], events).database, 2, 4)
    assert flow.missing == "(missing) *"
    assert {node.eventType: node.sessions for node in flow.nodes} == {"(missing) *": 2, "(missing)": 1}


@pytest.mark.parametrize(("depth", "top"), [(1, 5), (7, 5), (3, 0), (3, 13)])
def test_depth_and_number_of_types_have_limits(depth: int, top: int) -> None:
    with pytest.raises(ValueError, match="A flow has 2 to 6 steps"):
        event_flow(join([], []).database, depth, top)


def test_the_flow_of_nothing() -> None:
    flow = event_flow(join([], []).database, 4, 6)
    assert (flow.nodes, flow.links, flow.sessions) == ((), (), 0)
