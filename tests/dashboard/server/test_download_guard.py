"""Files for downloading: for the viewer who made them, for ten minutes, behind each kind of sign-in."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Any

import pytest
from starlette.datastructures import Headers

from dashboard.data.downloads import LIFETIME_SECONDS, Downloads
from dashboard.data.identity import owner_of
from dashboard.data.sign_in_settings import Mode, SignIn
from dashboard.server.download_guard import DownloadGuard
from dashboard.server.sign_in_gate import SignInGate
from dashboard.server.signed_sessions import SESSION_COOKIE, SignedSessions
from tests import asynchronous

CONTENT = b"captureId,str1\n1,a\n"
ADDRESS = "/media/0123456789abcdef.csv"
PROXY = SignIn(Mode.PROXY, proxies=(ip_network("10.1.0.0/16"),))
PROVIDER = SignIn(Mode.OIDC, cookie_secret="s" * 32, redirect_uri="http://127.0.0.1/oauth2callback")
Pairs = list[tuple[bytes, bytes]]


def named(email: str) -> Pairs:
    return [(b"x-forwarded-email", email.encode())]


def signed_in() -> Pairs:
    """Return the cookies of a new session."""
    session = SignedSessions(PROVIDER.cookie_secret, 3600).create("user")
    return [(b"cookie", f"_streamlit_user=user; {SESSION_COOKIE}={session}".encode())]


class Server:
    """A server behind the gate and the guard: its page notes who the viewer is, its files are `CONTENT`."""

    def __init__(self, sign_in: SignIn, downloads: Downloads) -> None:
        self.owner: str | None = None
        self.asked: Pairs = []
        self._app = SignInGate(DownloadGuard(self._respond, downloads), sign_in)

    async def _respond(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "websocket":
            self.owner = owner_of(Headers(scope=scope))
            return
        self.asked = scope["headers"]
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/csv")]})
        await send({"type": "http.response.body", "body": CONTENT})

    def ask(self, headers: Pairs, *, path: str = ADDRESS, kind: str = "http") -> tuple[int, bytes]:
        sent: list[Any] = []

        async def receive() -> dict[str, str]:
            return {"type": f"{kind}.connect"}

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {"type": kind, "method": "GET", "path": path, "headers": headers, "client": ("10.1.2.3", 5)}
        asynchronous.run(self._app({**scope, "query_string": b""}, receive, send))
        return (sent[0]["status"], b"".join(one.get("body", b"") for one in sent)) if sent else (101, b"")

    def owner_with(self, headers: Pairs) -> str:
        """Return whom a page belongs to that is opened with these headers."""
        self.ask(headers, path="/_stcore/stream", kind="websocket")
        assert self.owner is not None
        return self.owner


@pytest.mark.parametrize(
    ("sign_in", "own", "others", "refused"),
    [
        (PROXY, named("ann@chain.example"), named("bob@chain.example"), 404),
        (PROXY, named("Ann@chain.example"), [], 401),
        (PROVIDER, signed_in(), signed_in(), 404),
        (PROVIDER, signed_in(), [], 401),
    ],
)
def test_a_file_is_for_the_viewer_who_made_it(sign_in: SignIn, own: Pairs, others: Pairs, refused: int) -> None:
    downloads = Downloads()
    server = Server(sign_in, downloads)
    assert server.ask(own)[0] == 404
    downloads.add(CONTENT, server.owner_with(own))
    assert server.ask(own) == (200, CONTENT)
    status, body = server.ask(others)
    assert status == refused
    assert CONTENT not in body


def test_where_nobody_signs_in_the_address_is_enough_and_only_for_what_was_made() -> None:
    downloads = Downloads()
    server = Server(SignIn(Mode.OPEN), downloads)
    downloads.add(b"another file", server.owner_with([]))
    status, body = server.ask([])
    assert status == 404
    assert b"does not send all requests of a browser to the same server" in body
    downloads.add(CONTENT, server.owner_with([]))
    assert server.ask([]) == (200, CONTENT)


def test_a_part_of_a_file_is_not_asked_for() -> None:
    downloads = Downloads()
    server = Server(SignIn(Mode.OPEN), downloads)
    downloads.add(CONTENT, "")
    assert server.ask([(b"range", b"bytes=0-3"), (b"accept-encoding", b"gzip"), (b"x", b"y")])[0] == 200
    assert [name for name, _ in server.asked if name in (b"range", b"accept-encoding")] == []
    assert (b"x", b"y") in server.asked


@pytest.mark.parametrize("path", ["/static/x.js", "/static/media/font.woff2", "/media.csv"])
def test_other_addresses_are_not_touched(path: str) -> None:
    assert Server(SignIn(Mode.OPEN), Downloads()).ask([], path=path) == (200, CONTENT)


@pytest.mark.parametrize("path", ["/media/", "/media/1", "/media/1.csv/", "/base/media/1.csv", "//media/1.csv"])
def test_files_below_any_path_are_guarded(path: str) -> None:
    assert Server(SignIn(Mode.OPEN), Downloads()).ask([], path=path)[0] == 404


def test_after_ten_minutes_it_is_made_again() -> None:
    now = [1_000.0]
    downloads = Downloads(lambda: now[0])
    downloads.add(CONTENT, "ann")
    now[0] += LIFETIME_SECONDS - 1
    assert downloads.may_fetch(CONTENT, "ann")
    now[0] += 2
    assert not downloads.may_fetch(CONTENT, "ann")
    downloads.add(CONTENT, "ann")
    assert downloads.may_fetch(CONTENT, "ann")
