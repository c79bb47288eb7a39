"""Checks of a file for what DuckDB accepts beyond JSON.

That is a comma before a closing bracket, form feeds between records, and an array that ends after a comma.
"""

from __future__ import annotations

import mmap
import re
from pathlib import Path
from typing import Final

_BLOCK: Final = 1 << 18
_LONGEST_GAP: Final = 64
_SUSPECT: Final = re.compile(rb",(?:[ \t\r\n]*+[\]}]|[ \t\r\n]{%d})" % _LONGEST_GAP)
"""A comma before a closing bracket, or before so much white space that there may be one."""


class FallbackNeeded(Exception):  # noqa: N818  # nothing is wrong
    """The careful decoder has to read the answer. The text says why and holds nothing of the answer."""


def examine(path: Path, block: int = _BLOCK) -> None:
    """Raise FallbackNeeded when the file may be no array or may hold what DuckDB accepts beyond JSON.

    Texts may hold the same bytes, which costs the time of the careful decoder and nothing else. Other threads run
    between two blocks.
    """
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        if not content[-4096:].rstrip(b" \t\r\n").endswith(b"]"):
            raise FallbackNeeded("it doesn't end as an array")
        for start in range(0, len(content), block):
            if _SUSPECT.search(content, start, start + block + _LONGEST_GAP + 1):
                raise FallbackNeeded("a comma may stand before a closing bracket")
            if max(content.find(space, start, start + block) for space in (b"\x0b", b"\x0c")) >= 0:
                raise FallbackNeeded("it holds white space that is not JSON")
