"""Demo mode: an emulator of the API, once per process, where no tenant is configured.

The emulator is a child process that ends when its standard input closes, so it doesn't outlive the dashboard however
that ends. The dashboard talks to it over HTTP with the same client as to a real tenant.
"""

from __future__ import annotations

import atexit
import contextlib
import secrets
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final
from urllib.parse import urlsplit

from gridrt_client.errors import UnavailableError

TENANT_ID: Final = "64b7c0de5eed0000000000a1"  # what an app under test names in its signals
REGION: Final = "eu"
EVENTS_PER_DAY: Final = 20_000
PREFERRED_PORT: Final = 8400
READY_SECONDS: Final = 60.0


@dataclass(frozen=True)
class Emulator:
    """A running emulator: its process, its address and the token that it accepts."""

    process: subprocess.Popen[str]
    address: str
    access_token: str

    @property
    def base_url(self) -> str:
        return f"{self.address}/regions/{REGION}/reports"

    @property
    def signals_url(self) -> str:
        """What an app built with the vendor's client takes as ``GRID_SIGNALS_API``."""
        return f"{self.address}/regions/{REGION}/signals/v1"


class Demo:
    """The emulator of this process, started when it is first needed and again when it has ended."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: Emulator | None = None
        self._port = PREFERRED_PORT
        # The same after another start, so that its answers from before stay on the page.
        self._token = secrets.token_urlsafe(24)

    def emulator(self) -> Emulator:
        """Return the running emulator.

        It listens on loopback at port 8400 where that is free, so that an app's ``GRID_SIGNALS_API`` can stay the same,
        and at any free port otherwise.

        Raises
        ------
        UnavailableError
            When it can't be started, with what it printed.
        """
        with self._lock:
            if self._running is None or self._running.process.poll() is not None:
                self._close()
                try:
                    self._running = _start(self._port, self._token)
                except UnavailableError:
                    self._running = _start(0, self._token)
                self._port = urlsplit(self._running.address).port or PREFERRED_PORT
            return self._running

    def stop(self) -> None:
        """End the emulator, if it runs."""
        with self._lock:
            if self._running is not None:
                self._running.process.terminate()
                self._running.process.wait(timeout=10)
            self._close()

    def _close(self) -> None:
        """Forget an emulator that has ended; its output is closed by the thread that reads it."""
        if self._running is not None and self._running.process.stdin is not None:
            self._running.process.stdin.close()
        self._running = None


DEMO: Final = Demo()
atexit.register(DEMO.stop)


def _start(port: int, token: str) -> Emulator:
    arguments = ["--port", str(port), "--region", REGION, "--events-per-day", str(EVENTS_PER_DAY)]
    # One argument, because a token may begin with a hyphen.
    arguments += ["--tenant", TENANT_ID, f"--token={token}", "--exit-with-stdin"]
    process = subprocess.Popen(  # noqa: S603 - our own program, our own arguments
        [sys.executable, "-m", "gridrt_emulator", *arguments],
        cwd=Path(__file__).parents[2],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    lines: list[str] = []
    ready = threading.Event()
    reader = threading.Thread(target=_read, args=(process.stdout, lines, ready), name="demo-emulator", daemon=True)
    reader.start()
    ready.wait(READY_SECONDS)
    address = next((line.split()[1] for line in lines if line.startswith("READY ")), None)
    if address is None:
        process.kill()
        process.wait()
        reader.join()
        if process.stdin is not None:
            process.stdin.close()
        printed = " ".join(lines)[-300:] or "nothing"
        raise UnavailableError(
            f"The demo's emulator did not start; it printed: {printed}",
            advice="Set GRIDRT_TENANT_ID and GRIDRT_ACCESS_TOKEN to watch a real tenant, or start it again.",
        )
    return Emulator(process, address, token)


def _read(output: IO[str] | None, lines: list[str], ready: threading.Event) -> None:
    """Keep the first lines, and read on, because a full pipe would stop the emulator."""
    with output or contextlib.nullcontext(()) as printed:
        for line in printed:
            if len(lines) < 50:
                lines.append(line.strip())
            if line.startswith("READY "):
                ready.set()
    ready.set()
