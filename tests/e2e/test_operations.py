"""Probes and metrics of a running dashboard, on a port of their own."""

from __future__ import annotations

import re
import signal
import time
from collections.abc import Callable
from http.client import HTTPConnection
from pathlib import Path

import pytest

from tests.e2e import programs
from tests.e2e.conftest import TOKEN, StartDashboard, Visit
from tests.strict_server import StrictServer


def ask(port: int, path: str) -> tuple[int, str]:
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def value(port: int, name: str) -> float:
    (found,) = re.findall(rf"^{re.escape(name)} (\S+)$", ask(port, "/metrics")[1], re.MULTILINE)
    return float(found)


def wait_for(port: int, path: str, status: int) -> str:
    deadline = time.monotonic() + 20
    while (found := ask(port, path))[0] != status and time.monotonic() < deadline:
        time.sleep(0.1)
    assert found[0] == status, found
    return found[1]


def test_probes_and_metrics_follow_the_api_the_viewers_and_the_server(
    start_strict: Callable[..., StrictServer], start_dashboard: StartDashboard, visit: Visit
) -> None:
    port = programs.free_port()
    with start_strict(sessions=30) as server:
        server.failure = "503"
        address = server.base_url, server.tenant_id
        with start_dashboard(*address, GRIDRT_OPERATIONS_PORT=str(port), GRIDRT_REFRESH_SECONDS="600") as program:
            assert ask(port, "/healthz") == (200, "ok\n")
            assert ask(port, "/readyz") == (503, "The API has not answered yet.\n")
            deadline = time.monotonic() + 20
            while "503 Service Unavailable" not in ask(port, "/readyz")[1] and time.monotonic() < deadline:
                time.sleep(0.1)
            assert ask(port, "/readyz")[0] == 503
            assert value(port, 'gridrt_fetches_total{endpoint="sessions",outcome="UnavailableError"}') >= 1
            server.failure = None
            assert wait_for(port, "/readyz", 200) == "ready\n"
            assert value(port, "gridrt_viewers") == 0
            # It needs no data: the events are not fetched.
            status = visit(program, "/status")
            status.at("Status")
            assert 'endpoint="events"' not in ask(port, "/metrics")[1]
            events = visit(program, "/events")
            events.at("Events")
            assert value(port, "gridrt_viewers") == 2
            assert value(port, 'gridrt_fetches_total{endpoint="events",outcome="ok"}') == 1
            found = ask(port, "/metrics")[1]
            assert 0 <= value(port, f'gridrt_answer_age_seconds{{endpoint="events",tenant="{server.tenant_id}"}}') < 60
            assert value(port, "process_open_fds") > 10
            assert TOKEN not in found
            # Whatever the API does then.
            server.failure = "503"
            assert ask(port, "/readyz")[0] == 200
            for path in ("/metrics", "/_stcore/metrics"):
                assert ask(program.port, path)[0] == 404
            assert ask(port, "/_stcore/health")[0] == ask(port, "/")[0] == 404
            server.failure = None
            for viewer in (status, events):
                viewer.leave()
            began = time.monotonic()
            program.process.send_signal(signal.SIGTERM)
            program.process.wait(10)
            assert time.monotonic() - began < 5


def test_a_port_that_cannot_be_used_ends_it_with_one_line(tmp_path: Path) -> None:
    log = tmp_path / "log.txt"
    with pytest.raises(AssertionError, match="GRIDRT_OPERATIONS_PORT must be a whole number") as caught:  # noqa: SIM117
        with programs.dashboard(log, {"GRIDRT_OPERATIONS_PORT": "nine"}):
            pass
    assert "Traceback" not in str(caught.value)
