"""Untrusted values as text that is safe to show: what is written is what the value holds."""

from __future__ import annotations

import json
import re
import unicodedata
from typing import Final

# Joiners within words of many scripts and within emoji, and the wide space of Chinese and Japanese: they are kept where
# both neighbours are characters of such a script.
_INNER: Final = frozenset("\u200c\u200d\u3000")
_MOST_MARKS: Final = 4
"""So many combining marks may follow a character; more of them would run over the lines above and below."""


def shown(value: object, longest: int | None = None) -> str:
    """Untrusted text as every part of a page shows it: what is written there is what the value holds.

    Text that reads as it is stays as it is. All other text is written as a JSON string, in quotes, so that nothing in
    it is obeyed or overlooked: the empty text, blanks at an end or doubled, control characters, characters that turn
    the reading direction or take no room, heaps of combining marks, and text that begins with a quote. `read_shown`
    gives the value back.

    Parameters
    ----------
    longest
        So many characters at most, the last of them ``…`` where something is cut off.
    """
    text = str(value)
    told = text if _reads_as_it_is(text) else _quoted(text)
    return told if longest is None or len(told) <= longest else told[: longest - 1] + "…"


def read_shown(text: str) -> str:
    """The value that `shown` wrote in full; any other text is the value itself."""
    if len(text) >= 2 and text[0] == text[-1] == '"':
        try:
            value = json.loads(text)
        except ValueError:
            return text
        # Half a character, written as an escape: no value of the API holds one.
        if isinstance(value, str) and not re.search("[\ud800-\udfff]", value):
            return value
    return text


def _reads_as_it_is(text: str) -> bool:
    if not text or text[0] in ' "' or text[-1] == " " or "  " in text:
        return False
    return text.isprintable() if text.isascii() else not any(_odd_places(text))


def _odd_places(text: str) -> list[bool]:
    """For each character whether it has to be written as an escape."""
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
