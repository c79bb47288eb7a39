"""How much a link may hold: the server refuses longer ones, and a page leaves out what is too much."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from dashboard.filters import SHOWN
from gridrt_client.safe_text import shown

LONGEST_LINK: Final = 8_000
MOST_PARAMETERS: Final = 200
LONGEST_NAME: Final = 100
LONGEST_VALUE: Final = 2_000


def limited(parameters: Mapping[str, Sequence[str]]) -> tuple[dict[str, list[str]], dict[str, str]]:
    """Return the parameters of a link without what is too much, and a sentence about each that isn't whole."""
    kept: dict[str, list[str]] = {}
    notes: dict[str, str] = {}
    count = length = 0
    for name, values in parameters.items():
        if len(name) > LONGEST_NAME:
            notes[name[:LONGEST_NAME]] = (
                f"The name of the parameter “{shown(name, SHOWN)}” has {len(name):,} characters, more than any has. "
                "It is left out."
            )
            continue
        for value in values:
            if len(value) > LONGEST_VALUE:
                notes[name] = (
                    f"A value of {name} in the link has {len(value):,} characters; {LONGEST_VALUE:,} are the most "
                    "that it may have. It is left out."
                )
            elif count >= MOST_PARAMETERS or length + len(name) + len(value) > LONGEST_LINK:
                notes.setdefault(
                    name,
                    f"The link is too long from {shown(name, SHOWN)} on: it may have {MOST_PARAMETERS} parameters with "
                    f"{LONGEST_LINK:,} characters. What is beyond that is left out.",
                )
            else:
                kept.setdefault(name, []).append(value)
                count += 1
                length += len(name) + len(value)
    return kept, _few(notes)


def _few(notes: dict[str, str], most: int = 5) -> dict[str, str]:
    """Return the first notes, the last of them with the number of the others."""
    if len(notes) <= most:
        return notes
    found = dict(list(notes.items())[:most])
    name, sentence = found.popitem()
    found[name] = f"{sentence} The same holds for {len(notes) - most:,} other parameters."
    return found
