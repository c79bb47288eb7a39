"""The settings of the port for probes and metrics, and what makes a process ready."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from dashboard.data import readiness
from dashboard.data.readiness import FirstAnswer, settings_problem
from dashboard.server.operations import Place
from gridrt_client.connection import GridConnection
from gridrt_client.errors import BadSettingError
from gridrt_client.snapshots.store import SnapshotStore
from tests.client.source import until
from tests.dashboard.views import TOKEN, configure
from tests.strict_server.nasty import nasty
from tests.strict_server.server import StrictServer


@pytest.mark.parametrize(
    ("env", "place"),
    [
        ({}, None),
        ({"GRIDRT_OPERATIONS_PORT": " "}, None),
        ({"GRIDRT_OPERATIONS_ADDRESS": "0.0.0.0"}, None),  # noqa: S104
        ({"GRIDRT_OPERATIONS_PORT": "9090"}, Place("127.0.0.1", 9090)),
        ({"GRIDRT_OPERATIONS_PORT": "9090", "GRIDRT_OPERATIONS_ADDRESS": "::"}, Place("::", 9090)),
    ],
)
def test_the_place_is_chosen(env: dict[str, str], place: Place | None) -> None:
    assert Place.from_env(env) == place


@pytest.mark.parametrize(
    ("env", "words"),
    [
        ({"GRIDRT_OPERATIONS_PORT": "http"}, "GRIDRT_OPERATIONS_PORT must be a whole number from 1 to 65535"),
        ({"GRIDRT_OPERATIONS_PORT": "0"}, "GRIDRT_OPERATIONS_PORT must be"),
        (
            {"GRIDRT_OPERATIONS_PORT": "1", "GRIDRT_OPERATIONS_ADDRESS": "x\n"},
            "ADDRESS must be an IP",
        ),
    ],
)
def test_what_cannot_be_used_is_named(env: dict[str, str], words: str) -> None:
    with pytest.raises(BadSettingError, match=words):
        Place.from_env(env)


def test_a_port_that_is_taken_is_named() -> None:
    with Place("127.0.0.1", 0).listen() as taken:
        port = taken.getsockname()[1]
        with pytest.raises(BadSettingError, match=f"Port {port} at 127.0.0.1 can't be listened on") as caught:
            Place("127.0.0.1", port).listen()
    assert "GRIDRT_OPERATIONS_PORT" in str(caught.value)


def test_the_first_answer_is_asked_for_without_viewers_and_counts_for_good(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(GridConnection, "store", SnapshotStore(backoff=0.1))
    check = FirstAnswer()
    with StrictServer(nasty(datetime.now(UTC), sessions=30), TOKEN) as server:
        configure(monkeypatch, server, RETRIES="0")
        server.failure = "503"
        assert check.problem() == "The API has not answered yet."
        until(lambda: "503 Service Unavailable" in check.problem())
        assert TOKEN not in check.problem()
        server.failure = None
        until(lambda: not check.problem())
        assert {request.path.split("/realtime/")[1].split("/")[0] for request in server.requests} == {"session"}
    # Without the answer and the server.
    GridConnection.store.close()
    assert check.problem() == ""


def test_settings_are_a_problem_when_no_tenant_can_be_used(monkeypatch: pytest.MonkeyPatch) -> None:
    assert settings_problem() == ""
    monkeypatch.setenv("GRIDRT_TENANT_ID", "tenant")
    assert settings_problem().startswith("GRIDRT_ACCESS_TOKEN is not set.")
    monkeypatch.setenv("GRIDRT_SIGN_IN", "perhaps")
    assert settings_problem().startswith("GRIDRT_SIGN_IN must be one of")


def test_every_check_that_is_added_counts() -> None:
    assert readiness.problems([lambda: "", lambda: "One."]) == ["One."]
    assert readiness.problems([lambda: "One.", lambda: "Two."]) == ["One.", "Two."]
    assert readiness.problems([]) == []
