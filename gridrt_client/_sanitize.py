"""Text of other people, made fit for a sentence of ours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_KEYS: Final = ("message", "Message", "error_description", "detail", "title", "error", "errors", "reason")


def plain(text: str, limit: int = 200, hide: str | None = None) -> str:
    """One line of printable text, at most `limit` characters, without `hide`."""
    if hide:
        text = text.replace(hide, "•••")
    # Cut first: the text may be as large as an answer.
    shown = " ".join("".join(c if c.isprintable() else " " for c in text[: limit * 4]).split())
    return shown if len(shown) <= limit else f"{shown[: limit - 1].rstrip()}…"


def message_in(value: object, hide: str | None = None, depth: int = 3) -> str | None:
    """The message for people in a JSON value, such as ``{"message": …}`` or ``{"error": {"message": …}}``."""
    if isinstance(value, str):
        return plain(value, hide=hide) or None
    if depth and isinstance(value, list) and value:
        return message_in(value[0], hide, depth - 1)
    if depth and isinstance(value, Mapping):
        for key in _KEYS:
            found = message_in(value.get(key), hide, depth - 1)
            if found:
                return found
    return None


def amount(size: float) -> str:
    """A number of bytes for people: ``2 GiB``, ``1.5 MiB``, ``900 bytes``."""
    for unit, factor in (("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)):
        if size >= factor:
            return f"{size / factor:.1f}".removesuffix(".0") + f" {unit}"
    return f"{size:,.0f} bytes"
