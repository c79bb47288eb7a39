"""Debian's redis-server on a free loopback port, with a password and without files."""

from __future__ import annotations

import signal
import subprocess
import time
from pathlib import Path

import redis

from tests import debian_packages
from tests.e2e.programs import free_port

PASSWORD = "r3dis/pass:word@that-nobody-may-see"
PASSWORD_IN_URL = "r3dis%2Fpass%3Aword%40that-nobody-may-see"


class RedisServer:
    """A server that can be killed, started again with nothing in it, halted and filled."""

    def __init__(self, folder: Path, certificate: Path | None = None) -> None:
        """With a certificate and its key in a file it speaks TLS."""
        self.port, self._folder, self._certificate = free_port(), folder, certificate
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis{'' if self._certificate is None else 's'}://:{PASSWORD_IN_URL}@127.0.0.1:{self.port}/0"

    @property
    def client(self) -> redis.Redis:
        tls = {} if self._certificate is None else {"ssl": True, "ssl_ca_certs": str(self._certificate)}
        return redis.Redis("127.0.0.1", self.port, password=PASSWORD, socket_timeout=5, **tls)

    def start(self) -> None:
        options = {"port": self.port, "bind": "127.0.0.1", "requirepass": PASSWORD, "dir": self._folder}
        options |= {"save": "", "appendonly": "no", "logfile": ""}
        if self._certificate is not None:
            options |= {"port": 0, "tls-port": self.port, "tls-auth-clients": "no"}
            options |= {"tls-cert-file": self._certificate, "tls-key-file": self._certificate}
        arguments = [part for name, value in options.items() for part in (f"--{name}", str(value))]
        self._process = subprocess.Popen(
            [debian_packages.find("redis-server"), *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        deadline = time.monotonic() + 20
        while True:
            try:
                self.client.ping()
                return
            except redis.exceptions.ConnectionError:
                assert time.monotonic() < deadline
                time.sleep(0.02)

    @property
    def runs(self) -> bool:
        return self._process is not None

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def halt(self) -> None:
        """Let it keep its connections and answer nothing."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def names(self, pattern: str = "*") -> list[bytes]:
        return sorted(self.client.keys(pattern))

    def everything(self) -> bytes:
        """Return all names and values."""
        found = self.names()
        return b"\n".join([*found, *(self.client.get(name) or b"" for name in found)])
