"""What a link may say, and what has to be said of one that says something else: nothing is changed silently."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Final, NamedTuple

import streamlit as st

from dashboard.filters import SHOWN
from gridrt_client.safe_text import shown

SEVERAL: Final = ("distinctColumns",)
"""The parameters that may be there more than once, or hold several values with commas between them."""
PARAMETERS: Final = (
    *("installationId", "spaceId", "deviceId", "eventType", "interactionType", *SEVERAL),
    *("from", "to", "tz", "refresh", "breakdown", "scale", "colour", "rows", "status"),
    *(
        "page",
        "page_ahead",
        "session_page",
        "session_page_ahead",
        "latest_page",
        "at",
        "captureId",
        "sessionId",
        "thing",
    ),
)
PAGES: Final = ("page", "page_ahead", "session_page", "session_page_ahead", "latest_page")
_NOTES: Final = "_link_notes"
_UNSEEN: Final = object()


class _Note(NamedTuple):
    """A sentence, and the value that its widget had when it was said: it holds until a person chooses another one."""

    sentence: str
    value: object = _UNSEEN


def look(choices: Mapping[str, Iterable[str]]) -> None:
    """Note what the link at hand says and what can't be done; before any widget is drawn.

    Streamlit drops from the link what a widget has no option for, so it can only be seen now.

    Parameters
    ----------
    choices
        The values of each parameter that has few.
    """
    notes: dict[str, _Note] = st.session_state.setdefault(_NOTES, {})
    for name in st.query_params:
        given = st.query_params.get_all(name)
        if name not in PARAMETERS:
            notes[name] = _Note(_unknown(name))
        elif name not in SEVERAL and len(set(given)) > 1:
            notes[name] = _Note(
                f"{name} is in the link {len(given)} times. The last one, “{shown(given[-1], SHOWN)}”, is used."
            )
        elif wrong := _wrong(name, given, choices):
            notes[name] = _Note(wrong)


def note(name: str, sentence: str) -> None:
    """Note what can't be done of a parameter, found while a view is drawn."""
    st.session_state.setdefault(_NOTES, {})[name] = _Note(sentence)


def notes() -> list[str]:
    """The sentences that still hold."""
    found: dict[str, _Note] = st.session_state.get(_NOTES, {})
    for name, note in list(found.items()):
        value = st.session_state.get(name)
        if note.value is _UNSEEN:
            found[name] = note._replace(value=value)
        elif value != note.value:
            del found[name]
    return [note.sentence for note in found.values()]


def forget() -> None:
    """Another view is opened."""
    st.session_state.pop(_NOTES, None)


def _wrong(name: str, given: list[str], choices: Mapping[str, Iterable[str]]) -> str | None:
    """What can't be done of what the link says for a parameter."""
    if name in SEVERAL:
        known = list(choices[name])
        unknown = [part for part in _parts(given) if part not in known]
        if unknown:
            quoted = ", ".join(shown(part, SHOWN) for part in unknown)
            return f"{name} “{quoted}” can't be asked for and is left out. Choose among {', '.join(known)}."
        return None
    value = given[-1] if given else ""
    if not value:
        return None
    if name in choices and value not in choices[name]:
        return f"{name} “{shown(value, SHOWN)}” is not one of {', '.join(choices[name])}. It is left out."
    if name == "ahead" and value.lower() not in ("true", "false"):
        return f"{name} “{shown(value, SHOWN)}” is neither true nor false. It is left out."
    if name in PAGES and not (value.isascii() and value.isdigit() and int(value[:18]) > 0):
        return f"{name} “{shown(value, SHOWN)}” is not the number of a page. The first one is shown."
    return None


def _unknown(name: str) -> str:
    close = get_close_matches(name.lower(), [known.lower() for known in PARAMETERS], n=1, cutoff=0.75)
    meant = next((known for known in PARAMETERS if close and known.lower() == close[0]), None)
    question = f" Is {meant} meant?" if meant else ""
    return f"The link's “{shown(name, SHOWN)}” is not a parameter of this page and changes nothing.{question}"


def _parts(given: list[str]) -> list[str]:
    return [part.strip() for value in given for part in value.split(",") if part.strip()]
