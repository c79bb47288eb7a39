"""The emulator as a process of its own, and requests to it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

ROOT = Path(__file__).parent.parent.parent
TENANT, TOKEN = "5eed00000000000000000001", "token-of-a-test"
CLOCK = "2026-11-23T12:00:00Z"

Record = dict[str, Any]


@dataclass(frozen=True)
class Emulator:
    """A running emulator."""

    process: subprocess.Popen[bytes]
    url: str

    def ask(self, endpoint: str, query: str = "", **changes: Any) -> requests.Response:
        """GET of a report; ``changes``: tenant, token (None: no header), region, headers, method, or requests' own."""
        region, tenant = changes.pop("region", "eu"), changes.pop("tenant", TENANT)
        token = changes.pop("token", TOKEN)
        headers = changes.pop("headers", {}) | ({"Authorization": f"Bearer {token}"} if token is not None else {})
        url = f"{self.url}/regions/{region}/reports/v2/realtime/{endpoint}/tenants/{tenant}"
        method = changes.pop("method", "GET")
        return requests.request(
            method, url + (f"?{query}" if query else ""), headers=headers, timeout=20, allow_redirects=False, **changes
        )

    def records(self, endpoint: str, query: str = "", **changes: Any) -> list[Record]:
        """The records of a report that must succeed."""
        response = self.ask(endpoint, query, **changes)
        assert response.status_code == 200, response.text
        found = json.loads(response.content)
        assert isinstance(found, list)
        return found

    def signal(self, kind: str, body: Any, **changes: Any) -> requests.Response:
        """POST of a signal as the vendor's client sends it; ``body``: what to write as JSON, or bytes."""
        region = changes.pop("region", "eu")
        headers = {"Content-Type": "text/plain;charset=UTF-8"} | changes.pop("headers", {})
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        url = f"{self.url}/regions/{region}/signals/v1/{kind}"
        return requests.request(changes.pop("method", "POST"), url, data=data, headers=headers, timeout=20, **changes)

    def close_stdin(self) -> None:
        """Closes the process's standard input, which must be a pipe."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.stdin = None  # communicate() would flush it

    def control(self, method: str = "GET", body: Any = None) -> requests.Response:
        """The control endpoint of faults."""
        return requests.request(method, f"{self.url}/_emulator/faults", json=body, timeout=20)


def start(*arguments: str, **options: Any) -> subprocess.Popen[bytes]:
    """Starts the emulator's command line with these arguments only."""
    return subprocess.Popen(
        [sys.executable, "-m", "gridrt_emulator", *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=options.pop("stderr", subprocess.PIPE),
        stdin=options.pop("stdin", subprocess.DEVNULL),
        **options,
    )


@contextmanager
def running(*arguments: str, **options: Any) -> Iterator[Emulator]:
    """A running emulator on a free port, small unless ``arguments`` say else; it must complain about nothing."""
    common = ("--port", "0", "--events-per-day", "300", "--tenant", TENANT, "--token", TOKEN)
    with start(*common, *arguments, **options) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline().decode()
            if not line.startswith("READY "):
                _, complaint = process.communicate()
                raise AssertionError(f"not ready: {line!r} {complaint.decode()!r}")
            yield Emulator(process, line.split()[1])
        finally:
            if process.poll() is None:
                process.terminate()
            _, complaint = process.communicate(timeout=10)
    assert complaint.decode() == ""
