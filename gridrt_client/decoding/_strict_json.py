"""Checks of a file for what DuckDB accepts beyond JSON.

That is a comma before a closing bracket, form feeds between records, and an array that ends after a comma.
"""

from __future__ import annotations

from io import FileIO
from pathlib import Path
from typing import Final

import numpy as np

_SPACE: Final = b" \t\r\n"
_BLOCK: Final = 1 << 18
_LONGEST_GAP: Final = 64
# Bytes that a block shares with the one before: a comma and the white space that may follow it.
_SHARED: Final = _LONGEST_GAP + 2
_COMMA, _CLOSING, _CASE = 0x2C, 0x7D, 0x20


class FallbackNeeded(Exception):  # noqa: N818  # nothing is wrong
    """The careful decoder has to read the answer. The text says why and holds nothing of the answer."""


def examine(path: Path, block: int = _BLOCK) -> None:
    """Raise FallbackNeeded when the file may be no array or may hold what DuckDB accepts beyond JSON.

    Texts may hold the same bytes, which costs the time of the careful decoder and nothing else.
    """
    with path.open("rb", buffering=0) as file:
        _examine_end(file)
        file.seek(0)
        buffer = bytearray(block + _SHARED)
        shared = 0
        while count := file.readinto(memoryview(buffer)[shared : shared + block]):
            filled = shared + count
            _examine_block(np.frombuffer(buffer, np.uint8, filled))
            if buffer.find(b"\x0b", 0, filled) >= 0 or buffer.find(b"\x0c", 0, filled) >= 0:
                raise FallbackNeeded("it holds white space that is not JSON")
            shared = min(_SHARED, filled)
            buffer[:shared] = buffer[filled - shared : filled]


def _examine_end(file: FileIO) -> None:
    size = file.seek(0, 2)
    file.seek(max(0, size - 4096))
    if not file.read().rstrip(_SPACE).endswith(b"]"):
        raise FallbackNeeded("it doesn't end as an array")


def _examine_block(block: np.ndarray[tuple[int], np.dtype[np.uint8]]) -> None:
    comma = block == _COMMA
    # "]" and "}" differ in one bit, which is set here; no white space is above the space character.
    suspect = (block | _CASE) == _CLOSING
    suspect |= block <= _CASE
    at = np.flatnonzero(comma[:-1] & suspect[1:]) + 1
    for _ in range(_LONGEST_GAP):
        if ((block[at] | _CASE) == _CLOSING).any():
            raise FallbackNeeded("a comma stands before a closing bracket")
        # White space that goes on in the next block is checked there.
        at = at[block[at] <= _CASE] + 1
        at = at[at < len(block)]
        if not len(at):
            return
    raise FallbackNeeded("it has long gaps")
