"""Requests of the browser that were sent before it had the answer to an earlier one."""

from __future__ import annotations

import pytest

from dashboard.data import link_changes
from dashboard.data.link_changes import LinkChanges

FIRST: dict[str, list[str]] = {"page": ["2"]}
SECOND = {"page": ["3"]}
THIRD = {"page": ["3"], "tz": ["UTC"]}


@pytest.fixture
def link() -> LinkChanges:
    """A link that two actions have changed."""
    link = LinkChanges()
    link.accept(FIRST)
    link.replace(SECOND)
    link.replace(THIRD)
    return link


def test_the_links_from_before_an_action_are_late(link: LinkChanges) -> None:
    assert link.is_late(FIRST)
    assert link.is_late(SECOND)
    assert not link.is_late(THIRD)
    assert link.parameters == THIRD


def test_a_link_that_was_never_there_is_not_late(link: LinkChanges) -> None:
    assert not link.is_late({"page": ["9"]})


def test_the_run_after_an_action_changes_nothing(link: LinkChanges) -> None:
    link.accept(THIRD)
    assert link.is_late(FIRST)


def test_where_the_browser_has_gone_to_is_the_link(link: LinkChanges) -> None:
    link.accept(FIRST)
    assert link.parameters == FIRST
    assert not link.is_late(FIRST)
    assert not link.is_late(THIRD)


def test_late_requests_come_within_seconds(link: LinkChanges, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link_changes, "LATE_SECONDS", 0.0)
    assert not link.is_late(FIRST)
    assert link.replaced == []
