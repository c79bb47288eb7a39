"""A server that falls behind does not look cheap, and calls are compared for as many intervals."""

from __future__ import annotations

import math
from typing import Any

import pytest

from tests.benchmarks import crowd, stage
from tests.benchmarks.crowd import FILTERS, Crowd
from tests.benchmarks.rows import of_crowd


def seen(**changed: Any) -> Crowd:
    """Fifty viewers for a minute, who all got what they asked for."""
    usual = {
        "viewers": 50,
        "calls": {"session": 12, "event": 12, "latest-event": 40},
        "intervals": 12.0,
        "cores": 0.5,
        "refresh_p95": 0.4,
        "refreshes": 600,
        "asked": 1500,
        "answered": 1500,
        "tick_p95": 0.1,
        "memory": [(0.0, 4e8), (60.0, 4e8)],
        "seconds": 60.0,
    }
    return Crowd(**{**usual, **changed})


@pytest.mark.parametrize(
    ("changed", "cores"),
    [
        ({}, 0.5),
        # The store may fetch less often than asked: what has not changed need not be drawn again.
        ({"refreshes": 100}, 0.5),
        ({"answered": 750}, 1.0),
        # A page that asks again only when it has its answer asks little of a slow server.
        ({"asked": 300, "answered": 300, "refreshes": 300}, 1.0),
        ({"refreshes": 0}, math.inf),
    ],
)
def test_cores_to_keep_up(changed: dict[str, Any], cores: float) -> None:
    assert seen(**changed).cores_to_keep_up == pytest.approx(cores)


def test_calls_are_held_against_those_of_one_viewer_in_as_many_intervals() -> None:
    alone = seen(viewers=1, intervals=10.0, seconds=50.0, calls={"session": 10, "event": 10, "latest-event": 10})
    fetched, latest, cores, p95, growth = of_crowd(None, alone, seen(), "")
    assert (fetched.ours, fetched.budget.most, fetched.met) == (20.0, 22.0, True)
    assert latest.ours == pytest.approx(40 * 10 / 12)
    assert latest.budget.most == len(FILTERS) * 11
    assert [row.met for row in (cores, p95, growth)] == [True, True, True]
    greedy = seen(calls={"session": 600, "event": 12, "latest-event": 40})
    assert of_crowd(None, alone, greedy, "")[0].met is False


def test_where_nothing_was_refreshed_nothing_is_met() -> None:
    rows = of_crowd(None, seen(viewers=1), seen(refreshes=0, problems=["49 of 50 had no view"]), "")
    assert [row.met for row in rows[:4]] == [None, None, False, False]
    assert rows[0].why_not == "49 of 50 had no view"


@pytest.mark.parametrize("which", [stage.OURS, stage.STRAIGHTFORWARD])
def test_the_crowd_looks_at_every_view_with_every_filter(which: str) -> None:
    links = crowd.links(which, crowd.VIEWERS)
    assert len(links) == 50
    assert {view for view, _ in links} == set(crowd.VIEWS[which])
    assert {query.removeprefix("refresh=5").removeprefix("&") for _, query in links} == set(FILTERS)
