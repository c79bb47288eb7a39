"""The gate: what a proxy says, what a request may not say itself, and sessions with a provider."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_network
from typing import Any

import pytest

from dashboard.data.sign_in_settings import Mode, SignIn
from dashboard.server.sign_in_gate import SignInGate
from dashboard.server.signed_sessions import SESSION_COOKIE, SignedSessions
from tests import asynchronous

PROXY = SignIn(Mode.PROXY, proxies=(ip_network("10.1.0.0/16"),))
PROVIDER = SignIn(Mode.OIDC, cookie_secret="s" * 32, redirect_uri="http://127.0.0.1/oauth2callback")
ANN = [(b"x-forwarded-email", b"ann@chain.example"), (b"x-forwarded-groups", b"a,b")]
SPOOFED = [(b"x-gridrt-email", b"boss@chain.example"), (b"x-gridrt-session-ends", b"9999999999")]


def ask(
    sign_in: SignIn,
    headers: list[tuple[bytes, bytes]],
    *,
    path: str = "/",
    kind: str = "http",
    client: tuple[str, int] = ("10.1.2.3", 5),
    answer: dict[str, Any] | None = None,
    query: bytes = b"",
) -> tuple[int, dict[str, Any], list[tuple[str, str]]]:
    """Return the status, the ASGI scope that the application got, and the headers of the response."""
    passed: dict[str, Any] = {}
    sent: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        passed.update(scope)
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": 200, "headers": [], **(answer or {})})
            await send({"type": "http.response.body", "body": b""})

    async def receive() -> dict[str, str]:
        return {"type": f"{kind}.connect"}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": kind, "method": "GET", "path": path, "headers": headers, "client": client, "query_string": query}
    asynchronous.run(SignInGate(app, sign_in)(scope, receive, send))
    if kind == "websocket":
        return (403 if sent else 101), passed, []
    pairs = [(name.decode(), value.decode()) for name, value in sent[0]["headers"]]
    return sent[0]["status"], passed, pairs


def named(scope: dict[str, Any]) -> dict[str, str]:
    return {name.decode(): value.decode() for name, value in scope["headers"] if name.startswith(b"x-gridrt")}


@pytest.mark.parametrize("kind", ["http", "websocket"])
def test_the_proxy_names_the_viewer(kind: str) -> None:
    status, scope, _ = ask(PROXY, [*ANN, *SPOOFED], kind=kind)
    assert status in (200, 101)
    assert named(scope) == {
        "x-gridrt-sign-in": "proxy",
        "x-gridrt-email": "ann@chain.example",
        "x-gridrt-groups": "a,b",
    }


@pytest.mark.parametrize("kind", ["http", "websocket"])
@pytest.mark.parametrize(
    ("headers", "client", "refused"),
    [
        (ANN, ("10.2.0.1", 5), 403),
        ([], ("10.1.2.3", 5), 401),
        ([ANN[0], ANN[0]], ("10.1.2.3", 5), 401),
        ([(b"x-forwarded-email", b" ")], ("10.1.2.3", 5), 401),
        (SPOOFED, ("10.1.2.3", 5), 401),
    ],
)
def test_others_are_refused(
    kind: str, headers: list[tuple[bytes, bytes]], client: tuple[str, int], refused: int
) -> None:
    status, scope, _ = ask(PROXY, headers, kind=kind, client=client)
    assert status == (403 if kind == "websocket" else refused)
    assert scope == {}


def test_the_health_check_needs_no_proxy() -> None:
    assert ask(PROXY, [], path="/_stcore/health", client=("10.9.9.9", 5))[0] == 200


@pytest.mark.parametrize("sign_in", [SignIn(Mode.OPEN), PROVIDER], ids=["open", "oidc"])
def test_nobody_names_the_viewer_themselves(sign_in: SignIn) -> None:
    _, scope, _ = ask(sign_in, [*SPOOFED, (b"accept", b"text/html")])
    assert named(scope) == {"x-gridrt-sign-in": sign_in.mode}


@pytest.mark.parametrize(
    ("path", "status"),
    [
        *(("/static/js/index.js", 200), ("/app/static/auto_refresh.js", 200)),
        *(("/app/static/world.json", 401), ("/app/static/a/b.js", 401), ("/app/static/../x.js", 401)),
    ],
)
def test_scripts_of_the_application_are_public(path: str, status: int) -> None:
    assert ask(PROVIDER, [], path=path)[0] == status


@pytest.mark.parametrize("path", ["/media/1.csv", "/_stcore/metrics", "/component/x/y.html"])
def test_what_is_no_page_is_refused_also_when_a_page_is_asked_for(path: str) -> None:
    assert ask(PROVIDER, [(b"accept", b"text/html")], path=path)[0] == 401
    assert ask(PROVIDER, [(b"accept", b"text/html")], path="/events")[0] == 200


def test_without_a_session_streamlits_identity_is_taken_away() -> None:
    cookie = b"_streamlit_user=abc; _streamlit_user_1=d; _streamlit_user_tokens=x; _streamlit_xsrf=k; other=1"
    _, scope, _ = ask(PROVIDER, [(b"cookie", cookie)], path="/_stcore/stream", kind="websocket")
    assert dict(scope["headers"])[b"cookie"] == b"_streamlit_xsrf=k; other=1"


def session_cookie(user_cookie: str, sign_in: SignIn = PROVIDER) -> str:
    return SignedSessions(sign_in.cookie_secret, sign_in.session.total_seconds()).create(user_cookie)


@pytest.mark.parametrize(
    ("cookie", "signed_in"),
    [
        (f"_streamlit_user=abc; {SESSION_COOKIE}={session_cookie('abc')}", True),
        (f"_streamlit_user=other; {SESSION_COOKIE}={session_cookie('abc')}", False),
        (f"{SESSION_COOKIE}={session_cookie('abc')}", False),
        (f"_streamlit_user=abc; {SESSION_COOKIE}={session_cookie('abc')}x", False),
        (
            f"_streamlit_user=abc; {SESSION_COOKIE}="
            + session_cookie("abc", replace(PROVIDER, cookie_secret="t" * 32)),
            False,
        ),
    ],
)
def test_a_session_is_bound_to_one_identity_and_secret(cookie: str, signed_in: bool) -> None:
    status, scope, _ = ask(PROVIDER, [(b"cookie", cookie.encode())], path="/media/1.csv")
    assert (status == 200) is signed_in
    assert bool(scope) is signed_in


@pytest.mark.parametrize(
    ("referer", "target"),
    [
        ("http://dash/events?eventType=A&from=now-3h", "/events?eventType=A&from=now-3h"),
        ("http://evil/events", None),
        ("http://dash//evil.example", None),
        ("http://dash/\\evil.example", None),
        ("http://dash/auth/logout", None),
        ("http://dash/" + "x" * 3000, None),
        ("", None),
    ],
)
def test_only_links_of_this_dashboard_are_returned_to(referer: str, target: str | None) -> None:
    headers = [(b"host", b"dash"), (b"referer", referer.encode())]
    redirect = {"status": 302, "headers": [(b"location", b"https://id.example")]}
    status, _, response = ask(PROVIDER, headers, path="/auth/login", answer=redirect)
    assert status == 302
    cookies = [value for name, value in response if name == "set-cookie"]
    assert len(cookies) == (target is not None)
    if target is None:
        return
    back = [(b"cookie", cookies[0].split(";")[0].encode())]
    answer = {"status": 302, "headers": [(b"location", b"/"), (b"set-cookie", b"_streamlit_user=abc; Path=/")]}
    _, _, response = ask(PROVIDER, back, path="/oauth2callback", query=b"state=1", answer=answer)
    assert dict(response)["location"] == target
    assert any(value.startswith(f"{SESSION_COOKIE}=") for name, value in response if name == "set-cookie")


def test_a_forged_return_leads_nowhere() -> None:
    headers = [(b"cookie", b"gridrt_return=" + b"https://evil.example".hex().encode())]
    answer = {"status": 302, "headers": [(b"location", b"/")]}
    _, _, response = ask(PROVIDER, headers, path="/oauth2callback", query=b"state=1", answer=answer)
    assert dict(response)["location"] == "/"


@pytest.mark.parametrize(("scheme", "secure"), [("https", True), ("http", False)])
def test_cookies_are_secure_where_the_dashboard_is_reached_by_https(scheme: str, secure: bool) -> None:
    sign_in = replace(PROVIDER, redirect_uri=f"{scheme}://dash/oauth2callback")
    identity = (b"set-cookie", b"_streamlit_user=abc; Path=/; Secure")
    asked: list[tuple[str, list[tuple[bytes, bytes]], list[tuple[bytes, bytes]]]] = [
        ("/auth/login", [(b"host", b"dash"), (b"referer", f"{scheme}://dash/events".encode())], []),
        ("/oauth2callback", [(b"cookie", b"gridrt_return=" + b"/events".hex().encode())], [identity]),
        ("/oauth2callback", [], []),
        ("/auth/logout", [], []),
    ]
    found = []
    for path, headers, set_by_streamlit in asked:
        # A proxy that ends TLS asks by HTTP.
        answer = {"status": 302, "headers": [(b"location", b"/"), *set_by_streamlit]}
        _, _, response = ask(sign_in, headers, path=path, query=b"state=1", answer=answer)
        found += [value for name, value in response if name == "set-cookie" and value.startswith("gridrt")]
    assert len(found) == 5
    assert ["; Secure" in value for value in found] == [secure] * 5
