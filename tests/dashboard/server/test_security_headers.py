"""The security headers of responses: the policy of a page and its scripts, HSTS, frames."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from typing import Any

import pytest

from dashboard.server.security_headers import SecurityHeaders, parse
from gridrt_client.errors import BadSettingError
from tests import asynchronous

HTML = [(b"content-type", b"text/html; charset=utf-8")]


def ask(
    parts: Sequence[bytes] = (b"",),
    *,
    headers: Sequence[tuple[bytes, bytes]] = HTML,
    status: int = 200,
    scheme: str = "http",
    host: bytes = b"dash.example.com:8501",
    frame_ancestors: str = "'none'",
) -> tuple[dict[str, str], bytes]:
    """Return the headers and the body of the response to a request."""
    sent: list[Any] = []

    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": status, "headers": list(headers)})
        for number, part in enumerate(parts, 1):
            await send({"type": "http.response.body", "body": part, "more_body": number < len(parts)})

    async def receive() -> dict[str, str]:
        return {"type": "http.request"}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "scheme": scheme, "headers": [(b"host", host)]}
    asynchronous.run(SecurityHeaders(app, frame_ancestors)(scope, receive, send))
    found = {name.decode().lower(): value.decode() for name, value in sent[0]["headers"]}
    return found, b"".join(message.get("body", b"") for message in sent[1:])


def directives(headers: dict[str, str]) -> dict[str, list[str]]:
    parts = (part.split() for part in headers["content-security-policy"].split(";"))
    return {name: values for name, *values in parts}


def digest(script: bytes) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(script).digest()).decode()}'"


def test_the_scripts_in_a_page_are_in_its_policy_and_no_others() -> None:
    page = b'<script src="a.js"></script><script>one()</script><script type="module">\n two()\n</script>'
    headers, body = ask((page[:20], page[20:]))
    assert body == page
    assert directives(headers)["script-src"] == [
        *("'self'", "'wasm-unsafe-eval'", "blob:"),
        *(digest(b"one()"), digest(b"\n two()\n")),
    ]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ([(b"content-type", b"text/plain")], 200),
        ([*HTML, (b"content-encoding", b"gzip")], 200),
        (HTML, 404),
        ([], 500),
    ],
)
def test_what_is_no_page_may_run_no_script_inside_it(headers: list[tuple[bytes, bytes]], status: int) -> None:
    found, body = ask((b"<script>", b"x()</script>"), headers=headers, status=status)
    assert body == b"<script>x()</script>"
    assert not [value for value in directives(found)["script-src"] if "sha256" in value or "unsafe-inline" in value]
    assert found["x-content-type-options"] == "nosniff"


def test_a_page_that_has_not_changed_keeps_its_policy() -> None:
    assert "content-security-policy" not in ask(status=304)[0]


def test_the_policy_names_no_other_host() -> None:
    found = directives(ask()[0])
    assert found["connect-src"] == ["'self'", "ws://dash.example.com:8501", "blob:", "data:"]
    assert directives(ask(scheme="https")[0])["connect-src"][1] == "wss://dash.example.com:8501"
    assert directives(ask(host=b"x; script-src *")[0])["connect-src"] == ["'self'", "blob:", "data:"]
    assert found["default-src"] == found["base-uri"] == found["form-action"] == ["'self'"]
    assert found["object-src"] == found["frame-ancestors"] == ["'none'"]


def test_only_encrypted_connections_are_to_stay_encrypted() -> None:
    assert "strict-transport-security" not in ask()[0]
    assert ask(scheme="https")[0]["strict-transport-security"] == "max-age=31536000"
    assert "strict-transport-security" not in ask(scheme="https", host=b"localhost:8443")[0]


def test_the_other_headers() -> None:
    found, _ = ask(headers=[*HTML, (b"Referrer-Policy", b"unsafe-url")])
    assert found["referrer-policy"] == "same-origin"
    assert found["cross-origin-opener-policy"] == "same-origin"
    assert "camera=()" in found["permissions-policy"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", "'none'"),
        (" none ", "'none'"),
        ("self", "'self'"),
        ("self, https://portal.example.com", "'self' https://portal.example.com"),
        ("https://*.example.com:8443 http://localhost:3000", "https://*.example.com:8443 http://localhost:3000"),
    ],
)
def test_frame_ancestors_are_read(text: str, value: str) -> None:
    assert parse(text) == value
    assert directives(ask(frame_ancestors=parse(text))[0])["frame-ancestors"] == value.split()


@pytest.mark.parametrize("text", ["*", "example.com", "https://a.example/path", "none self", "'self'", "https://a; x"])
def test_a_frame_ancestor_that_is_no_origin_is_refused(text: str) -> None:
    with pytest.raises(BadSettingError, match="GRIDRT_FRAME_ANCESTORS must be none, self, or origins"):
        parse(text)
