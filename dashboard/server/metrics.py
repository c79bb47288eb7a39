"""Metrics of this process in the text format of Prometheus."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from starlette.responses import PlainTextResponse

from gridrt_client.sharing import shared_fetch

if TYPE_CHECKING:
    from starlette.requests import Request

    from gridrt_client.sharing.status import SharingStatus

_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"


async def respond(_request: Request) -> PlainTextResponse:
    """Answer with the metrics."""
    return PlainTextResponse(text(shared_fetch.status()), media_type=_TYPE, headers={"Cache-Control": "no-store"})


def text(status: SharingStatus | None) -> str:
    """Return the metrics; empty where answers are not shared."""
    if status is None:
        return ""
    since = int(status.alone_since.timestamp()) if status.alone_since is not None else 0
    found = [
        ("redis_up", "gauge", "Whether answers are shared through Redis", int(not status.is_alone)),
        ("redis_down_since_seconds", "gauge", "Since when they are not, in seconds since 1970, else 0", since),
        ("shared_reads_total", "counter", "Answers that another process had fetched", status.shared_reads),
        ("own_fetches_total", "counter", "Calls of the API by this process", status.own_fetches),
        ("shared_failures_total", "counter", "Failures that another process had met", status.shared_failures),
    ]
    return "".join(
        f"# HELP gridrt_{name} {meaning}.\n# TYPE gridrt_{name} {kind}\ngridrt_{name} {value}\n"
        for name, kind, meaning, value in found
    )
