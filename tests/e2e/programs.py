"""Start the programs under test as processes, wait for them, and end them by their id."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).parent.parent.parent
START_SECONDS = 60.0


@dataclass(frozen=True)
class Program:
    """A running program: its address, and what it has printed so far."""

    process: subprocess.Popen[bytes]
    url: str
    log_file: Path

    @property
    def port(self) -> int:
        return urlsplit(self.url).port or 0

    @property
    def log(self) -> str:
        return self.log_file.read_text(encoding="utf-8", errors="replace")


@contextmanager
def dashboard(
    log_file: Path, environment: Mapping[str, str], script: str = "app.py", port: int | None = None
) -> Iterator[Program]:
    """Run ``streamlit run app.py`` on this port, if it is free; ``environment`` is added to the tests' own."""
    port = free_port(port)
    settings = {
        "STREAMLIT_SERVER_PORT": str(port),
        "STREAMLIT_SERVER_ADDRESS": "127.0.0.1",
        "STREAMLIT_SERVER_FILE_WATCHER_TYPE": "none",
        "HOME": str(log_file.parent),  # no settings of whoever runs the tests
        **environment,
    }
    with _started([sys.executable, "-m", "streamlit", "run", script], log_file, settings) as process:
        program = Program(process, f"http://127.0.0.1:{port}", log_file)
        _wait(program, lambda: _fetch(f"{program.url}/_stcore/health") == b"ok")
        yield program


@contextmanager
def script(
    log_file: Path, environment: Mapping[str, str], path: str, patience: float = START_SECONDS
) -> Iterator[Program]:
    """Run a Python script that serves pages on the port ``PORT``."""
    port = free_port()
    with _started([sys.executable, path], log_file, {"PORT": str(port), **environment}) as process:
        program = Program(process, f"http://127.0.0.1:{port}", log_file)
        _wait(program, lambda: _fetch(f"{program.url}/") is not None, patience)
        yield program


@contextmanager
def emulator(log_file: Path, *arguments: str, patience: float = START_SECONDS) -> Iterator[Program]:
    """Run ``python -m gridrt_emulator`` on a free port."""
    command = [sys.executable, "-m", "gridrt_emulator", "--port", "0", *arguments]
    with _started(command, log_file, {}) as process:
        program = Program(process, "", log_file)
        _wait(program, lambda: "READY " in program.log, patience)
        ready = next(line for line in program.log.splitlines() if line.startswith("READY "))
        yield Program(process, ready.split()[1], log_file)


def free_port(wanted: int | None = None) -> int:
    """Return the wanted port if it is free, else another one."""
    with socket.socket() as probe:
        # Connections that ended a moment ago keep it from nobody.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wanted or 0))
        except OSError:
            probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def _started(command: list[str], log_file: Path, environment: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    with (
        log_file.open("wb") as log,
        subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, "PYTHONUNBUFFERED": "1", **environment},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        ) as process,
    ):
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


def _wait(program: Program, ready: Callable[[], bool], patience: float = START_SECONDS) -> None:
    deadline = time.monotonic() + patience
    while not ready():
        ended = program.process.poll() is not None
        if ended or time.monotonic() > deadline:
            what = "ended" if ended else f"was not ready after {patience:.0f} s"
            raise AssertionError(f"{program.process.args} {what}; it printed:\n{program.log}")
        time.sleep(0.05)


def _fetch(url: str) -> bytes | None:
    parts = urlsplit(url)
    connection = HTTPConnection(parts.netloc, timeout=5)
    try:
        connection.request("GET", parts.path)
        return connection.getresponse().read()
    except (OSError, HTTPException):
        return None
    finally:
        connection.close()
