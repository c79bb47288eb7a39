"""Untrusted values as text for display and for messages."""

import json
import re
import traceback
import unicodedata
from collections.abc import Mapping
from typing import Final

# Joiners within words of many scripts and within emoji, and the wide space of Chinese and Japanese: kept between two
# characters of such a script.
_INNER: Final = frozenset("\u200c\u200d\u3000")
_MOST_CAUSES: Final = 5
_MOST_MARKS: Final = 4  # after a character; more would run over the lines above and below
_MESSAGE_KEYS: Final = ("message", "Message", "error_description", "detail", "title", "error", "errors", "reason")


def shown(value: object, longest: int | None = None) -> str:
    """Return untrusted text for display, at most `longest` characters with ``…`` at a cut.

    Text that could be misread is written as a JSON string in quotes, any other as it is. `read_shown` is the inverse.
    Misread are empty text, blanks at an end or doubled, control characters, characters that change the reading
    direction or have no width, many combining marks, and a quote at the beginning.
    """
    text = str(value)
    misread = not text or text[0] in ' "' or text[-1] == " " or "  " in text
    if misread or (not text.isprintable() if text.isascii() else any(_odd_places(text))):
        text = _quoted(text)
    return text if longest is None or len(text) <= longest else text[: longest - 1] + "…"


def read_shown(text: str) -> str:
    """Return the value that `shown` wrote in full; any other text is itself the value."""
    if len(text) >= 2 and text[0] == text[-1] == '"':
        try:
            value = json.loads(text)
        except ValueError:
            return text
        # No value of the API holds a lone surrogate.
        if isinstance(value, str) and not re.search("[\ud800-\udfff]", value):
            return value
    return text


def _odd_places(text: str) -> list[bool]:
    """Return for each character whether it has to be written as an escape."""
    odd, marks = [], 0
    for place, character in enumerate(text):
        if character in _INNER:
            around = text[place - 1 : place] + text[place + 1 : place + 2]
            odd.append(len(around) < 2 or around.isascii() or not around.isprintable())
            continue
        marks = marks + 1 if unicodedata.category(character) in ("Mn", "Me") else 0
        doubled = character == " " and text[place - 1 : place] == " "
        odd.append(not character.isprintable() or doubled or marks > _MOST_MARKS or (marks > 0 and place == 0))
    return odd


def _quoted(text: str) -> str:
    parts = []
    for character, odd in zip(text, _odd_places(text), strict=True):
        if character in '"\\':
            parts.append(f"\\{character}")
        elif character == " " and odd:
            parts.append("\\u0020")
        else:
            parts.append(json.dumps(character)[1:-1] if odd else character)
    return f'"{"".join(parts)}"'


def one_line(text: str, limit: int = 200, hide: str | None = None) -> str:
    """Return one line of printable text, at most `limit` characters, without `hide`."""
    if hide:
        text = text.replace(hide, "•••")
    # Cut first: the text may be as large as an answer.
    line = " ".join("".join(c if c.isprintable() else " " for c in text[: limit * 4]).split())
    return line if len(line) <= limit else f"{line[: limit - 1].rstrip()}…"


def traceback_of(error: BaseException) -> str:
    """Return where an exception and those that led to it were raised, for a log, without their texts.

    The text of an exception may quote the data that it is about.
    """
    parts: list[str] = []  # each with the usual first line, by which tracebacks are found in a log
    one: BaseException | None = error
    while one is not None and len(parts) < _MOST_CAUSES:
        where = "".join(traceback.format_tb(one.__traceback__))
        parts.append(f"Traceback (most recent call last):\n{where}{type(one).__name__}")
        one = one.__cause__ or one.__context__
    return "\nraised while handling:\n".join(parts)


def quoted(value: object) -> str:
    """Return the beginning of a value in quotes, for messages."""
    return f"“{one_line(str(value), 40)}”"


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
