"""What every measurement stands on: the emulator with a world of a size, the two apps on it, and a browser."""

from __future__ import annotations

import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tests.benchmarks.chromium import Chromium, started
from tests.e2e import browser as browsers
from tests.e2e import programs
from tests.e2e.conftest import ARGUMENTS
from tests.e2e.programs import Program

TENANT, TOKEN = "benchmark-tenant", "benchmark-token"
SPACE = "space-stockholm-drottninggatan"
"""One of the emulator's stores."""
STRAIGHTFORWARD, OURS, DASH = "straightforward", "ours", "dash"
DASH_SCRIPT = "tests/benchmarks/counted_dash/app.py"
SCRIPTS = {STRAIGHTFORWARD: "tests/benchmarks/straightforward/app.py", OURS: "app.py"}
# The settings that its author would never have touched; the project's own would apply otherwise.
_UNTOUCHED = {
    "STREAMLIT_SERVER_ENABLE_WEBSOCKET_COMPRESSION": "false",
    "STREAMLIT_CLIENT_DISABLE_DATA_EXPORT": "false",
    # But this one: a table of a million rows that can be selected is more than the 200 MB that a message may hold.
    "STREAMLIT_SERVER_MAX_MESSAGE_SIZE": "2000",
}
_READY_SECONDS = 300.0


@dataclass(frozen=True)
class Api:
    """A running emulator, how long it took until it answered, and what it holds."""

    program: Program
    ready_seconds: float

    @property
    def url(self) -> str:
        return self.program.url

    def reports(self, origin: str | None = None) -> str:
        """The base URL that an app is configured with; through a relay at ``origin`` if there is one."""
        return f"{origin or self.url}/regions/eu/reports"

    def report(self, endpoint: str) -> str:
        return f"{self.reports()}/v2/realtime/{endpoint}/tenants/{TENANT}"

    def answer(self, endpoint: str) -> bytes:
        """All records of an endpoint, as they come."""
        request = urllib.request.Request(self.report(endpoint), headers={"Authorization": f"Bearer {TOKEN}"})  # noqa: S310
        with urllib.request.urlopen(request, timeout=300) as answer:  # noqa: S310
            body: bytes = answer.read()
        return body

    def holds(self) -> str:
        """How many records there are."""
        events, sessions = (self.answer(name).count(b'"captureId":') for name in ("event", "session"))
        return f"{events:,} events and {sessions:,} sessions"


@contextmanager
def api(folder: Path, events_per_day: int, *, moving: bool = False, speed: int = 1) -> Iterator[Api]:
    """An emulator with a session for every five events, as in the budgets.

    Its clock stands still, so that both apps see the same records and a refresh brings nothing new; or it is moving,
    and at every refresh something new has come and something old has gone. ``speed``: so many seconds of it in one.
    """
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    sizes = ["--events-per-day", str(events_per_day), "--sessions-per-day", str(events_per_day // 5)]
    arguments = [*sizes, "--clock", now, "--tenant", TENANT, "--token", TOKEN]
    began = time.monotonic()
    log = folder / f"emulator-{events_per_day}.txt"
    with programs.emulator(
        log, *arguments, *(["--speed", str(speed)] if moving else ["--frozen"]), patience=_READY_SECONDS
    ) as program:
        yield Api(program, time.monotonic() - began)


@contextmanager
def app(which: str, folder: Path, base_url: str, refresh: float = 30.0) -> Iterator[Program]:
    """One of the two apps, just started: nobody has looked at it yet."""
    folder.mkdir(exist_ok=True)
    environment = _environment(base_url) | {
        "GRIDRT_REFRESH_SECONDS": str(refresh),
        **(_UNTOUCHED if which == STRAIGHTFORWARD else {}),
    }
    with programs.dashboard(folder / f"{which}.txt", environment, SCRIPTS[which]) as program:
        yield program


@contextmanager
def dash(folder: Path, base_url: str) -> Iterator[Program]:
    """The Dash page, which has read its events when it answers."""
    with programs.script(folder / "dash.txt", _environment(base_url), DASH_SCRIPT, _READY_SECONDS) as program:
        yield program


def _environment(base_url: str) -> dict[str, str]:
    return {"GRIDRT_BASE_URL": base_url, "GRIDRT_TENANT_ID": TENANT, "GRIDRT_ACCESS_TOKEN": TOKEN}


@contextmanager
def chromium(folder: Path) -> Iterator[Chromium]:
    """The browser of the browser tests."""
    path = browsers.find()
    if path is None:
        raise RuntimeError(browsers.HELP)
    folder.mkdir(exist_ok=True)
    with started(path, folder / "browser", ARGUMENTS) as browser:
        yield browser
