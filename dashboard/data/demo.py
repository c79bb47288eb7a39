"""Demo mode: the emulator, once per process, when no tenant is configured.

The emulator is a child process that ends when its standard input closes, so it can't outlive the dashboard however
that ends. The dashboard talks to it over HTTP with the same client as to a real tenant.
"""

from __future__ import annotations

import atexit
import secrets
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from gridrt_client.errors import UnavailableError

TENANT_ID = "64b7c0de5eed0000000000a1"  # what an app under test names in its signals
REGION = "eu"
EVENTS_PER_DAY = 20_000
PREFERRED_PORT = 8400
READY_SECONDS = 60.0

_lock = threading.Lock()
_running: Emulator | None = None


@dataclass(frozen=True)
class Emulator:
    """A running emulator: where it answers and what opens it."""

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


def emulator() -> Emulator:
    """The process's emulator, started at the first call and again if it has ended.

    It listens on loopback at port 8400 where that is free, so that an app's ``GRID_SIGNALS_API`` can stay as it is,
    and at a free port where it isn't.

    Raises
    ------
    UnavailableError
        When it can't be started, with what it printed.
    """
    global _running
    with _lock:
        if _running is None or _running.process.poll() is not None:
            token = secrets.token_urlsafe(24)
            try:
                _running = _start(PREFERRED_PORT, token)
            except UnavailableError:
                _running = _start(0, token)
        return _running


def stop() -> None:
    """End the emulator, if it runs."""
    global _running
    with _lock:
        if _running is not None:
            _running.process.terminate()
            _running.process.wait(timeout=10)
            _running = None


atexit.register(stop)


def _start(port: int, token: str) -> Emulator:
    arguments = ["--port", str(port), "--region", REGION, "--events-per-day", str(EVENTS_PER_DAY)]
    arguments += ["--tenant", TENANT_ID, "--token", token, "--exit-with-stdin"]
    process = subprocess.Popen(  # noqa: S603 - our own program, our own arguments
        [sys.executable, "-m", "gridrt_emulator", *arguments],
        cwd=Path(__file__).parents[2],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    said: list[str] = []
    ready = threading.Event()
    reader = threading.Thread(target=_read, args=(process.stdout, said, ready), name="demo-emulator", daemon=True)
    reader.start()
    ready.wait(READY_SECONDS)
    address = next((line.split()[1] for line in said if line.startswith("READY ")), None)
    if address is None:
        process.kill()
        process.wait()
        reader.join()
        printed = " ".join(said)[-300:] or "nothing"
        raise UnavailableError(
            f"The demo's emulator did not start; it printed: {printed}",
            advice="Set GRIDRT_TENANT_ID and GRIDRT_ACCESS_TOKEN to watch a real tenant, or start it again.",
        )
    return Emulator(process, address, token)


def _read(output: IO[str] | None, said: list[str], ready: threading.Event) -> None:
    """Keep the first lines and go on emptying the pipe: a full one would stop the emulator."""
    for line in output or ():
        if len(said) < 50:
            said.append(line.strip())
        if line.startswith("READY "):
            ready.set()
    ready.set()
