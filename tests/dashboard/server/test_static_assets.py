"""Scripts and styles are answered from memory from the second request on, and nothing else is."""

from __future__ import annotations

import asyncio
import gzip
from typing import Any

import pytest

from dashboard.server import static_assets
from dashboard.server.static_assets import StaticAssets
from tests import asynchronous

SCRIPT = b"export const a = 1;\n" * 500
FOREVER = (b"cache-control", b"public, immutable, max-age=31536000")
JAVASCRIPT = (b"content-type", b"application/javascript; charset=utf-8")
GZIP = (b"accept-encoding", b"gzip, deflate")
ETAG = (b"etag", b'"a"')


class Files:
    """An app that answers with a script in two parts, and counts how often it is asked."""

    def __init__(self, *headers: tuple[bytes, bytes], status: int = 200) -> None:
        self.headers, self.status, self.asked = headers, status, 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.asked += 1
        headers = [*self.headers, (b"content-length", str(len(SCRIPT)).encode())]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": SCRIPT[:100], "more_body": True})
        await send({"type": "http.response.body", "body": SCRIPT[100:]})


def answers(files: Files, *requests: tuple[tuple[bytes, bytes], ...], path: str = "/static/js/a.1.js") -> list[Any]:
    """Return the headers and the body of the response to each of the requests, one after the other."""
    middleware, found = StaticAssets(files), []

    async def receive() -> dict[str, str]:
        return {"type": "http.request"}

    async def ask(headers: tuple[tuple[bytes, bytes], ...]) -> None:
        sent: list[Any] = []

        async def send(message: Any) -> None:
            sent.append(message)

        await middleware({"type": "http", "method": "GET", "path": path, "headers": [*headers]}, receive, send)
        found.append((dict(sent[0]["headers"]), b"".join(one["body"] for one in sent[1:])))

    async def ask_all() -> None:
        for headers in requests:
            await ask(headers)
            # What is kept is compressed in another thread, after the response.
            await asyncio.sleep(0.05)

    asynchronous.run(ask_all())
    return found


def test_a_script_is_read_once_and_then_sent_compressed() -> None:
    files = Files(FOREVER, JAVASCRIPT, ETAG)
    (first, body), (again, compressed), (third, _) = answers(files, (GZIP,), (GZIP,), (GZIP,))
    assert files.asked == 1
    assert body == SCRIPT == gzip.decompress(compressed)
    assert b"content-encoding" not in first
    assert again == third
    assert again[b"content-encoding"] == b"gzip"
    assert again[b"content-length"] == str(len(compressed)).encode()
    assert (again[b"cache-control"], again[b"content-type"]) == (FOREVER[1], JAVASCRIPT[1])
    assert b"etag" not in again


@pytest.mark.parametrize(
    "files",
    [
        Files(JAVASCRIPT),
        Files(FOREVER, (b"content-type", b"text/html")),
        Files(FOREVER, JAVASCRIPT, status=404),
        Files(FOREVER, JAVASCRIPT, (b"content-encoding", b"br")),
    ],
    ids=["may change", "a page", "not there", "compressed already"],
)
def test_other_responses_are_not_kept(files: Files) -> None:
    assert [body for _, body in answers(files, (GZIP,), (GZIP,))] == [SCRIPT, SCRIPT]
    assert files.asked == 2


@pytest.mark.parametrize("header", [(b"range", b"bytes=0-9"), (b"if-none-match", b'"a"')])
def test_other_questions_are_passed_on(header: tuple[bytes, bytes]) -> None:
    files = Files(FOREVER, JAVASCRIPT)
    answers(files, (GZIP,), (GZIP, header), (), (GZIP,))
    assert files.asked == 3
    answers(files, (GZIP,), (GZIP,), path="/media/a.js")
    assert files.asked == 5


def test_no_more_is_kept_than_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(static_assets, "MOST_BYTES", 10)
    files = Files(FOREVER, JAVASCRIPT)
    answers(files, (GZIP,), (GZIP,))
    assert files.asked == 2
