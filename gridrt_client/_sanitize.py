"""Foreign text and numbers, made fit for a message."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_MESSAGE_KEYS: Final = ("message", "Message", "error_description", "detail", "title", "error", "errors", "reason")


def one_line(text: str, limit: int = 200, hide: str | None = None) -> str:
    """Return one line of printable text, at most `limit` characters, without `hide`."""
    if hide:
        text = text.replace(hide, "•••")
    # Cut first: the text may be as large as an answer.
    line = " ".join("".join(c if c.isprintable() else " " for c in text[: limit * 4]).split())
    return line if len(line) <= limit else f"{line[: limit - 1].rstrip()}…"


def message_in(value: object, hide: str | None = None, depth: int = 3) -> str | None:
    """Return the message in a JSON value such as ``{"message": …}`` or ``{"error": {"message": …}}``."""
    if isinstance(value, str):
        return one_line(value, hide=hide) or None
    if depth and isinstance(value, list) and value:
        return message_in(value[0], hide, depth - 1)
    if depth and isinstance(value, Mapping):
        return next(filter(None, (message_in(value.get(key), hide, depth - 1) for key in _MESSAGE_KEYS)), None)
    return None


def format_bytes(size: float) -> str:
    """Return a number of bytes as text: ``2 GiB``, ``1.5 MiB``, ``900 bytes``."""
    for unit, factor in (("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)):
        if size >= factor:
            return f"{size / factor:.1f}".removesuffix(".0") + f" {unit}"
    return f"{size:,.0f} bytes"
