"""A role that is limited to spaces: nothing of another space is drawn, and the numbers are those of its own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.data.saved_views import PAGES
from tests.dashboard.views import Open, words
from tests.strict_server.nasty import TENANT_ID
from tests.strict_server.server import StrictServer

SHORTEST = 8  # of texts that can't occur by chance


def spaces_of(server: StrictServer) -> list[str]:
    """Return the spaces with the most sessions first."""
    found = [record.get("spaceId") for record in server.records.sessions if isinstance(record, dict)]
    texts = [one for one in found if isinstance(one, str) and len(one) >= SHORTEST and one.isprintable()]
    return sorted(set(texts), key=lambda one: -texts.count(one))


def limit(monkeypatch: pytest.MonkeyPatch, folder: Path, spaces: list[str], more: str = "export = true") -> None:
    file = folder / f"roles-{len(spaces)}.toml"
    listed = json.dumps(spaces)
    file.write_text(f'[[role]]\neveryone = true\ntenants = ["*"]\nspaces = {listed}\n{more}\n', encoding="utf-8")
    monkeypatch.setenv("GRIDRT_ROLES", str(file))


def texts_of(value: Any) -> set[str]:
    return {value} if isinstance(value, str) and len(value) >= SHORTEST and value.isprintable() else set()


def forbidden(server: StrictServer, spaces: list[str]) -> set[str]:
    """Return ids that belong to other spaces alone."""
    sessions = [one for one in server.records.sessions if isinstance(one, dict)]
    events = [one for one in server.records.events if isinstance(one, dict)]
    own = [one for one in sessions if one.get("spaceId") in spaces]
    own_ids = {one.get("sessionId") for one in own if isinstance(one.get("sessionId"), str)}
    kept = set().union(
        *(texts_of(one.get(name)) for one in own for name in one),
        *(texts_of(one.get(name)) for one in events if str(one.get("sessionId")) in own_ids for name in one),
    )
    names = ("sessionId", "spaceId", "installationId", "deviceId", "clientId", "captureId")
    all_ids = set().union(*(texts_of(one.get(name)) for one in (*sessions, *events) for name in names))
    return all_ids - kept - {TENANT_ID}


def drawn(test: AppTest) -> str:
    """Return everything that a run sends to the browser, as text."""
    found = [repr(element.proto) for block in (test.main, test.sidebar) for element in block]
    found += [frame.value.to_csv() for frame in test.dataframe]
    found += [one.proto.spec for one in test.get("plotly_chart")]
    return "\n".join([*found, *(one.proto.json for one in test.get("deck_gl_json_chart")), words(test)])


@pytest.mark.parametrize(("view", "count"), [("live", 1), ("latest", 1), *((one, 2) for one in sorted(PAGES.values()))])
def test_nothing_of_another_space_is_drawn(
    open_view: Open, server: StrictServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, view: str, count: int
) -> None:
    spaces = spaces_of(server)
    limit(monkeypatch, tmp_path, spaces[:count])
    test = open_view(view, rows="all") if view == "latest" else open_view(view)
    assert not test.exception
    text = drawn(test)
    assert spaces[0] in text or view in ("session", "analytics")
    assert [one for one in forbidden(server, spaces[:count]) if one in text] == []


@pytest.mark.parametrize("view", ["live", "events"])
def test_a_link_to_another_space_shows_none_of_it(
    open_view: Open, server: StrictServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, view: str
) -> None:
    own, other = spaces_of(server)[:2]
    limit(monkeypatch, tmp_path, [own])
    test = open_view(view, spaceId=other)
    assert not test.exception
    ids = forbidden(server, [own]) - {other}  # the link names it
    assert [one for one in ids if one in drawn(test)] == []
    asked = [dict(request.query) for request in server.requests]
    assert all(one.get("spaceId") == own for one in asked)


def test_a_search_and_a_session_of_another_space_find_nothing(
    open_view: Open, server: StrictServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    own, other = spaces_of(server)[:2]
    session = next(
        one["sessionId"]
        for one in server.records.sessions
        if isinstance(one, dict) and one.get("spaceId") == other and isinstance(one.get("sessionId"), str)
    )
    for spaces in ([own], [own, spaces_of(server)[2]]):
        limit(monkeypatch, tmp_path, spaces)
        assert "Nothing of the past 24 hours holds this text" in words(open_view("live", search=other))
        found = words(open_view("session", sessionId=session))
        assert "is not among the sessions" in found or "not in" in found


@pytest.mark.parametrize(("view", "count"), [("live", 1), ("live", 3), ("events", 3), ("sessions", 3), ("latest", 3)])
def test_the_numbers_are_those_of_a_filter_on_the_spaces(
    open_view: Open, server: StrictServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, view: str, count: int
) -> None:
    spaces = spaces_of(server)[:count]
    filtered = open_view(view, spaceId=spaces)
    limit(monkeypatch, tmp_path, spaces)
    limited = open_view(view)
    assert [(one.label, one.value) for one in limited.metric] == [(one.label, one.value) for one in filtered.metric]
    assert [len(one.value) for one in limited.dataframe][:1] == [len(one.value) for one in filtered.dataframe][:1]


def test_who_may_not_export_gets_no_file(
    open_view: Open, server: StrictServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert open_view("events").get("download_button")
    limit(monkeypatch, tmp_path, ["*"], "export = false")
    assert not open_view("events").get("download_button")


def test_a_role_for_nobody_shows_no_data(
    open_view: Open, server: StrictServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "roles.toml"
    file.write_text('[[role]]\nemail = ["a@b.c"]\ntenants = ["*"]\nspaces = ["*"]\n', encoding="utf-8")
    monkeypatch.setenv("GRIDRT_ROLES", str(file))
    test = open_view("events")
    assert "You may see no tenant here" in words(test)
    assert server.requests == []
