"""The server: checks every request against the contract, answers from raw records, and fails on demand."""

from __future__ import annotations

import gzip
import json
import random
import threading
import time
from dataclasses import dataclass
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

from tests.strict_server import contract
from tests.strict_server.nasty import TENANT_ID, Records

PREFIX = "/regions/eu/reports"
JSON = "application/json; charset=utf-8"

# How it can fail: status, content type and body of the answer. "slow", "hang", "drop", "truncated" and "redirect" are
# not of that kind.
FAILURES: dict[str, tuple[int, str, bytes]] = {
    "400": (400, JSON, b'{"message":"interactionType is not known"}'),
    "401": (401, JSON, b'{"message":"Unauthorized"}'),
    "403": (403, JSON, b'{"message":"Forbidden"}'),
    "404": (404, JSON, b'{"message":"Tenant not found"}'),
    "429": (429, JSON, b'{"message":"Too many requests"}'),
    "500": (500, "text/html", b"<h1>Internal Server Error</h1>"),
    "503": (503, "text/html", b"<h1>Service Unavailable</h1>"),
    "html": (200, "text/html", b"<!doctype html><title>Sign in</title><form action='/login'></form>"),
    "object": (200, JSON, b'{"data":[]}'),
    "empty": (200, JSON, b"[]"),
    "nothing": (200, JSON, b""),
}


@dataclass(frozen=True)
class Request:
    """A request as it came: ``query`` in order, values decoded."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: dict[str, str]


class StrictServer:
    """The contract's server on a free loopback port, in threads of this process.

    Parameters
    ----------
    records
        What it holds.
    access_token
        The one token that opens it.
    tenant_id
        The one tenant that it knows.

    Attributes
    ----------
    requests
        Every request so far.
    violations
        One sentence for each thing in a request that the contract does not allow.
    clock_offset
        By how much the server's clock, which its ``Date`` header tells, is ahead of this computer's.
    failure
        A key of ``FAILURES`` or ``slow``, ``hang``, ``drop``, ``truncated``, ``redirect``; None answers as it should.
    shuffled
        Whether every answer has its records in another order: the contract promises none.
    """

    def __init__(self, records: Records, access_token: str, tenant_id: str = TENANT_ID, port: int = 0) -> None:
        self.records = records
        self.access_token = access_token
        self.tenant_id = tenant_id
        self.requests: list[Request] = []
        self.violations: list[str] = []
        self.clock_offset = timedelta(0)
        self.failure: str | None = None
        self.shuffled = False
        self._chance = random.Random()
        self.stopped = threading.Event()
        server = self

        class Handler(_Handler):
            strict = server

        self._http = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._http.daemon_threads = True
        self._thread = threading.Thread(
            target=self._http.serve_forever, args=(0.02,), name="strict-server", daemon=True
        )

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_port}{PREFIX}"

    def __enter__(self) -> StrictServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopped.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def answer(self, endpoint: contract.Endpoint, asked: dict[str, str]) -> list[Any]:
        """The records that answer a request that conforms."""
        found = self._answer(endpoint, asked)
        return self._chance.sample(found, len(found)) if self.shuffled else found

    def _answer(self, endpoint: contract.Endpoint, asked: dict[str, str]) -> list[Any]:
        if endpoint is contract.SESSIONS:
            return contract.sessions(self.records.sessions, asked)
        if endpoint is contract.EVENTS:
            return contract.events(self.records.sessions, self.records.events, asked)
        return contract.latest(self.records.sessions, self.records.events, asked)


class _Handler(BaseHTTPRequestHandler):
    strict: StrictServer
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: what came is in ``requests``."""

    def date_time_string(self, timestamp: float | None = None) -> str:
        """What the ``Date`` header says."""
        now = time.time() if timestamp is None else timestamp
        return super().date_time_string(now + self.strict.clock_offset.total_seconds())

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        query = tuple(parse_qsl(url.query, keep_blank_values=True, errors="surrogateescape"))
        self.strict.requests.append(Request(self.command, url.path, query, headers))
        wrong = self._wrong_with_the_request(headers)
        if self.strict.failure is not None:
            self._note(wrong)
            self._fail(self.strict.failure)
            return
        if headers.get("authorization") != f"Bearer {self.strict.access_token}":
            self._note([*wrong, "the bearer token is missing or wrong"])
            self._send(*FAILURES["401"])
            return
        endpoint = next((known for known in contract.ENDPOINTS.values() if url.path == self._path(known)), None)
        if endpoint is None:
            self._note([*wrong, "there is no such path"])
            self._send(*FAILURES["404"])
            return
        wrong += _wrong_with_the_query(endpoint, query)
        self._note(wrong)
        if wrong:
            self._send(400, JSON, json.dumps({"message": "; ".join(wrong)}).encode())
            return
        self._send(200, JSON, json.dumps(self.strict.answer(endpoint, dict(query))).encode())

    def _refuse(self) -> None:
        self.strict.requests.append(Request(self.command, self.path, (), {}))
        self._note(["only GET is allowed"])
        self.close_connection = True
        self._send(405, JSON, b'{"message":"Method not allowed"}')

    do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = do_OPTIONS = _refuse

    def _path(self, endpoint: contract.Endpoint) -> str:
        return f"{PREFIX}/v2/realtime/{endpoint.word}/tenants/{quote(self.strict.tenant_id, safe='')}"

    def _wrong_with_the_request(self, headers: dict[str, str]) -> list[str]:
        accepted = headers.get("accept", "*/*")
        agent = headers.get("user-agent", "")
        wrong = {
            "a GET has a body": headers.get("content-length", "0") != "0" or "transfer-encoding" in headers,
            f"Accept is {accepted}": not any(kind in accepted for kind in ("*/*", "application/json")),
            "it sends cookies": "cookie" in headers,
            "the User-Agent names no program": not agent or agent.startswith(("python-requests", "Python-urllib")),
            "the token is in the URL": self.strict.access_token in self.path,
            "the path has a fragment": "#" in self.path,
        }
        return [sentence for sentence, is_so in wrong.items() if is_so]

    def _note(self, wrong: list[str]) -> None:
        self.strict.violations += [f"{self.command} {self.path}: {sentence}" for sentence in wrong]

    def _fail(self, how: str) -> None:
        if how == "drop":
            self.close_connection = True
        elif how == "hang":
            while self.strict.failure == "hang" and not self.strict.stopped.wait(0.1):
                pass
            self.close_connection = True
        elif how == "slow":
            time.sleep(3)
            self._send(200, JSON, b"[]")
        elif how == "truncated":
            self._send(200, JSON, b'[{"sessionId":"a"},{"sessi')
        elif how == "redirect":
            self._send(302, "text/html", b"", {"Location": f"http://{self.headers['Host']}/elsewhere"})
        else:
            self._send(*FAILURES[how])

    def _send(self, status: int, content_type: str, body: bytes, more: dict[str, str] | None = None) -> None:
        self.send_response(status)
        if "gzip" in self.headers.get("Accept-Encoding", ""):
            body = gzip.compress(body, 1)
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        for name, value in (more or {}).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


def _wrong_with_the_query(endpoint: contract.Endpoint, query: tuple[tuple[str, str], ...]) -> list[str]:
    names = [name for name, _ in query]
    wrong = [f"{name} is not a parameter of {endpoint.word}" for name in names if name not in endpoint.parameters]
    wrong += [f"{name} is given more than once" for name in dict.fromkeys(names) if names.count(name) > 1]
    wrong += [f"{name} is empty" for name, value in query if not value.strip()]
    wrong += [f"{name} is missing" for name in endpoint.required if name not in names]
    for name, value in query:
        if "\udc80" <= max(value, default="") <= "\udcff":
            wrong.append(f"{name} is not UTF-8")
        if name == "interactionType" and value not in contract.INTERACTION_TYPES:
            wrong.append(f"interactionType is {value}")
        if name == "distinctColumns":
            columns = value.split(",")
            wrong += [f"distinctColumns has {part!r}" for part in columns if part not in contract.DISTINCT_COLUMNS]
            if len(set(columns)) < len(columns):
                wrong.append("distinctColumns names a column twice")
    return wrong
