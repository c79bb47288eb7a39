"""Run the services of a profile of compose.yaml as processes on loopback.

Commands, environments and mounted files are those of compose.yaml and, for the image that is built here, of Dockerfile.
Only what a container would give is replaced: names and ports of services, paths of files, addresses to listen on.
"""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

import yaml

from tests.e2e.programs import ROOT, START_SECONDS, free_port

LISTENING_PORTS = {"replica": 8501, "redis": 6379, "caddy": 443}
_VARIABLE = re.compile(r"\$(?:\$|\{(\w+)(?::([-+])([^}]*))?\})")


def interpolated(value: Any, environment: Mapping[str, str]) -> Any:
    """Replace ``${NAME:-default}``, ``${NAME:+other}`` and ``$$`` in all texts, as compose does."""

    def replacement(match: re.Match[str]) -> str:
        name, operator, other = match.groups()
        if name is None:
            return "$"
        found = environment.get(name, "")
        return (other if found else "") if operator == "+" else found or other or ""

    if isinstance(value, str):
        return _VARIABLE.sub(replacement, value)
    if isinstance(value, list):
        return [interpolated(one, environment) for one in value]
    if isinstance(value, dict):
        return {name: interpolated(one, environment) for name, one in value.items()}
    return value


def services(profile: str | None, environment: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Return the services that a profile starts, without those that are scaled to none."""
    content = interpolated(yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8")), environment)
    found = {}
    for name, service in content["services"].items():
        chosen = "profiles" not in service or profile in service["profiles"]
        if chosen and service.get("deploy", {}).get("replicas", 1) not in (0, "0"):
            found[name] = service
    return found


def image() -> tuple[list[str], dict[str, str]]:
    """Return the command and the environment of Dockerfile's last stage."""
    last = (ROOT / "Dockerfile").read_text(encoding="utf-8").rpartition("\nFROM ")[2]
    (lines,) = re.findall(r"^ENV ((?:.*\\\n)*.*)$", last, re.MULTILINE)
    command: list[str] = json.loads(re.findall(r"^CMD (\[.*\])$", last, re.MULTILINE)[-1])
    return command, dict(part.split("=", 1) for part in lines.replace("\\\n", " ").split())


class Service:
    """One service as a process, with its log."""

    def __init__(
        self, name: str, command: list[str], environment: dict[str, str], host: str, port: int, folder: Path
    ) -> None:
        self.name, self.host, self.port, self.environment = name, host, port, environment
        self._command = command
        self._log_file = folder / "log.txt"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    @property
    def operations(self) -> str:
        """The address of an app's probes and metrics."""
        return f"http://{self.host}:{self.environment['GRIDRT_OPERATIONS_PORT']}"

    @property
    def log(self) -> str:
        return self._log_file.read_text(encoding="utf-8", errors="replace")

    @property
    def runs(self) -> bool:
        return self._process is not None

    def start(self) -> None:
        with self._log_file.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def wait(self) -> None:
        """Wait until it accepts connections; an app until it is ready."""
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            assert self._process is not None
            assert self._process.poll() is None, f"{self.name} ended; it printed:\n{self.log}"
            assert time.monotonic() < deadline, f"{self.name} does not answer; it printed:\n{self.log}"
            time.sleep(0.05)

    def _answers(self) -> bool:
        is_app = "GRIDRT_OPERATIONS_PORT" in self.environment
        port = int(self.environment["GRIDRT_OPERATIONS_PORT"]) if is_app else self.port
        connection = HTTPConnection(self.host, port, timeout=5)
        try:
            connection.connect()
            if not is_app:
                return True
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()

    def end(self, number: int = signal.SIGKILL) -> float:
        """Send it a signal, and return the seconds until it has ended."""
        began = time.monotonic()
        if self._process is not None:
            self._process.send_signal(number)
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None
        return time.monotonic() - began


def as_processes(profile: str, environment: Mapping[str, str], folder: Path) -> dict[str, Service]:
    """Return the services of a profile, not started yet."""
    chosen = services(profile, environment)
    ports = {name: free_port() for name in chosen}
    # The apps have the same port for their probes, as in containers, so each needs an address of its own.
    apps = [name for name, service in chosen.items() if "build" in service]
    hosts = {name: f"127.0.0.{apps.index(name) + 2 if name in apps else 1}" for name in chosen}
    places = {f"{name}:{_own_port(name)}": f"{hosts[name]}:{port}" for name, port in ports.items()}
    operations = str(free_port())
    found = {}
    for name, service in chosen.items():
        found[name] = _service(name, service, hosts[name], ports[name], places, folder / name)
        variable = "GRIDRT_OPERATIONS_PORT" if name in apps else "OPERATIONS_PORT"
        found[name].environment[variable] = operations
    return found


def _service(name: str, service: dict[str, Any], host: str, port: int, places: dict[str, str], folder: Path) -> Service:
    folder.mkdir()
    command, variables = image() if "build" in service else ([], {})
    command = service.get("command", command)
    variables |= service.get("environment", {})
    files = dict(reversed(one.split(":")[:2]) for one in service.get("volumes", ()) if one.startswith("./"))
    listening = {
        "0.0.0.0": host,  # noqa: S104
        "172.31.250.0/24": "127.0.0.1",
        f"--port {_own_port(name)}": f"--port {port}",
        "--dir /tmp": f"--dir {folder}",
        **{target: str(ROOT / source) for target, source in files.items()},
    }

    def local(text: str) -> str:
        for there, here in {**places, **listening}.items():
            text = text.replace(there, here)
        return re.sub(r":443$", f":{port}", text) if name == "caddy" else text

    command = [sys.executable if part == "python" else local(part) for part in command]
    environment = {variable: local(value) for variable, value in variables.items()}
    if "STREAMLIT_SERVER_PORT" in environment:
        environment["STREAMLIT_SERVER_PORT"] = str(port)
    # Not those of whoever runs the tests.
    environment |= {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(folder), "XDG_DATA_HOME": str(folder)}
    return Service(name, command, environment, host, port, folder)


def _own_port(name: str) -> int:
    return LISTENING_PORTS[name.partition("-")[0]]
