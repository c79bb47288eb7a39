"""The elements of a JSON array of any size and depth, some at a time, in bounded memory.

Python's `json` builds every value, and raises `RecursionError` about a thousand levels deep. Here the array is cut
between its elements, and what is nested deeper than any field can hold is left out before it is built.
"""

import contextlib
import json
import math
import re
from collections.abc import Collection, Iterator
from typing import Any, Final

import numpy as np
import numpy.typing as npt

Octets = npt.NDArray[np.uint8]
Payload = bytes | Octets

CHUNK: Final = 4 << 20  # bytes of an array that are read at a time, or one element if it is larger
# The deepest nesting that is kept where something is too deep for `json`. What is left out is only checked for its end.
DEEPEST: Final = 64
MOST_FIELDS: Final = 100_000  # of an object larger than a part
_LONGEST_NAME: Final = 1000
_TEXT: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_QUOTE, _COMMA = 0x22, 0x2C
_SPACE: Final = b" \t\r\n"
_NESTING: Final = np.zeros(256, np.int8)
_NESTING[[ord("["), ord("{")]] = 1
_NESTING[[ord("]"), ord("}")]] = -1


class NoArrayError(ValueError):
    """The payload is no JSON array: the reason as `json` gives it, and whether only the end is missing."""


class _Nesting:
    """The nesting depth of each byte of a JSON text, block by block."""

    def __init__(self) -> None:
        self._depth = 0
        self._in_text = 0
        self._is_escaped = False

    def depths(self, block: Octets) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.uint8]]:
        """Return for each byte of the block how many containers are open behind it, and 1 where it is in a text."""
        written = block.tobytes()
        if self._is_escaped:
            written = b" " + written[1:]
        # Escaped backslashes before escaped quotes: what is left of a run of backslashes escapes the next byte.
        written = written.replace(b"\\\\", b"  ").replace(b'\\"', b"  ")
        self._is_escaped = written.endswith(b"\\")
        in_text = np.bitwise_xor.accumulate((np.frombuffer(written, np.uint8) == _QUOTE).view(np.uint8))
        in_text ^= np.uint8(self._in_text)
        steps = _NESTING[block]
        steps[in_text == 1] = 0
        depths = np.cumsum(steps, dtype=np.int32)
        depths += self._depth
        self._depth, self._in_text = int(depths[-1]), int(in_text[-1])
        return depths, in_text


def array_elements(
    payload: Payload, wanted: Collection[str] = (), chunk: int = CHUNK
) -> Iterator[tuple[list[Any], int]]:
    """Yield the elements in order, some at a time, with the number of characters that were replaced in them.

    Characters that are no UTF-8 become U+FFFD. Numbers of more digits than Python reads are NaN. Of an object larger
    than a part only the `wanted` fields keep their values, empty if nested; up to `MOST_FIELDS` others are True, or
    None for null. Raise NoArrayError for no JSON array, after the elements before the mistake.
    """
    octets = np.frombuffer(payload, np.uint8)
    begin = first_octet(octets)
    if begin == len(octets) or octets[begin] != ord("["):
        raise NoArrayError("Expecting '['", False)
    if len(octets) <= chunk:
        text, replaced = _text_of(octets[begin:].tobytes())
        yield _read(text), replaced
        return
    for part in _parts(octets, begin, "]", chunk):
        start = first_octet(part)
        if len(part) <= chunk:
            text, replaced = _text_of(b"[%b]" % part.tobytes())
        elif part[start : start + 1].tobytes() == b"{":
            record, replaced = _large_object(part, start, wanted, chunk)
            yield [record], replaced
            continue
        else:
            text, replaced = _text_of(b"[%b]" % _shallow(part, 0))
        elements = _read(text)
        if not elements:
            raise NoArrayError("Expecting value", False)
        yield elements, replaced


def _parts(octets: Octets, begin: int, closing: str, chunk: int) -> Iterator[Octets]:
    """Yield the content of the container at `begin`, cut at commas between its members.

    A part is no larger than `chunk`, unless it is one member.
    """
    nesting, start = _Nesting(), begin + 1
    for at in range(begin, len(octets), chunk):
        block = octets[at : at + chunk]
        depths, in_text = nesting.depths(block)
        closed = int(np.argmax(depths < 1)) if depths.min() < 1 else None
        commas = np.flatnonzero((block[:closed] == _COMMA) & (depths[:closed] == 1) & (in_text[:closed] == 0))
        # The first comma ends the part that began in an earlier block.
        for end in dict.fromkeys((at + int(commas[0]), at + int(commas[-1])) if len(commas) else ()):
            yield octets[start:end]
            start = end + 1
        if closed is not None:
            end = at + closed
            if octets[end] != ord(closing) or first_octet(octets, end + 1) < len(octets):
                raise NoArrayError("Extra data", False)
            if start > begin + 1 or first_octet(octets[start:end]) < end - start:
                yield octets[start:end]
            return
    raise NoArrayError(f"Expecting '{closing}'", True)


def _large_object(octets: Octets, begin: int, wanted: Collection[str], chunk: int) -> tuple[dict[str, Any], int]:
    """Return an object that is too large to be built, as `array_elements` describes it."""
    found: dict[str, Any] = {}
    all_replaced = 0
    for part in _parts(octets, begin, "}", chunk):
        members = _shallow(part, 0)
        if len(part) > chunk:
            members = _without_texts(members, wanted)
        text, replaced = _text_of(b"{%b}" % members)
        fields = _read(text)
        if not fields:
            raise NoArrayError("Expecting property name enclosed in double quotes", False)
        all_replaced += replaced
        for name, value in fields.items():
            if name in wanted:
                found[name] = value
            elif len(found) < MOST_FIELDS:
                found[name[:_LONGEST_NAME]] = None if value is None else True
    return found, all_replaced


def _without_texts(member: bytes, wanted: Collection[str]) -> bytes:
    """Return a member of an object, with its text empty and its name cut unless it is wanted."""
    found = _TEXT.search(member)
    if found is None:
        return member
    name = found[0][1:-1]
    with contextlib.suppress(ValueError):
        if json.loads(found[0]) in wanted:
            return member
    if len(name) > _LONGEST_NAME:
        # Not within an escape.
        name = name[:_LONGEST_NAME].partition(b"\\")[0]
    # A member with a third text is none.
    return b'%b"%b"%b' % (member[: found.start()], name, _TEXT.sub(b'""', member[found.end() :], count=1))


def first_octet(octets: Octets, start: int = 0) -> int:
    """Return the place of the first byte from `start` that is no JSON white space; the length when there is none."""
    for at in range(start, len(octets), 1 << 12):
        block = octets[at : at + (1 << 12)].tobytes()
        if rest := block.lstrip(_SPACE):
            return at + len(block) - len(rest)
    return len(octets)


def loads(text: str) -> Any:
    """Return what ``json.loads`` returns, for any depth and any number of digits; raise JSONDecodeError for no JSON."""
    try:
        return _loads(text)
    except RecursionError:
        octets = np.frombuffer(text.encode("utf-8", "surrogatepass"), np.uint8)
    return _loads(_shallow(octets, DEEPEST).decode("utf-8", "surrogatepass"))


def _loads(text: str) -> Any:
    # Not strict: raw control characters within a text cost nothing to accept.
    try:
        return json.loads(text, strict=False)
    except json.JSONDecodeError:
        raise
    except ValueError:
        # A whole number of more digits than Python converts.
        return json.loads(text, strict=False, parse_int=_whole_number)


def loads_each(texts: list[str]) -> list[Any]:
    """Return `loads` of each of the texts, at once where possible."""
    try:
        return list(_loads(f"[{','.join(texts)}]"))
    except RecursionError:
        return list(map(loads, texts))


def _whole_number(digits: str) -> int | float:
    try:
        return int(digits)
    except ValueError:
        # NaN is counted as unreadable in every field.
        return math.nan


def _read(text: str) -> Any:
    try:
        return loads(text)
    except json.JSONDecodeError as error:
        reason, breaks_off = error.msg, error.pos >= len(error.doc.rstrip())
    # Not chained to the error, which holds the answer.
    raise NoArrayError(reason, breaks_off)


def _text_of(written: bytes) -> tuple[str, int]:
    """Return the bytes as text, and how many of its characters were replaced."""
    try:
        return written.decode(), 0
    except UnicodeDecodeError:
        text = written.decode(errors="replace")
        # The payload itself may hold U+FFFD.
        return text, text.count("\ufffd") - written.count("\ufffd".encode())


def _shallow(octets: Octets, deepest: int) -> bytes:
    """Return the bytes with every container emptied that is nested deeper than `deepest`."""
    nesting, kept = _Nesting(), bytearray()
    for at in range(0, len(octets), CHUNK):
        block = octets[at : at + CHUNK]
        depths, in_text = nesting.depths(block)
        opens = (depths == deepest + 1) & (in_text == 0) & (_NESTING[block] == 1)
        kept += block[(depths <= deepest) | opens].tobytes()
    return bytes(kept)
