"""What should be known about the quality of the data: one button, which opens the sentences."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Final

import pandas as pd
import streamlit as st

from dashboard.analysis.formatting import age, clock, escape_markdown, plural
from dashboard.data.loader import Query
from dashboard.data.viewer_state import QualityNote
from gridrt_client.schema import EVENT, LATEST_EVENT, SESSION
from gridrt_client.sharing.status import SharingStatus
from gridrt_client.snapshots.snapshot import Snapshot

_ENDPOINTS: Final = {SESSION.name: "Sessions", EVENT.name: "Events", LATEST_EVENT.name: "Latest events"}


def draw(notes: list[QualityNote]) -> None:
    """Draw the number of notes; in red where the numbers of the view may mislead."""
    misleading = any(note.misleads for note in notes)
    label = plural(len(notes), "note")
    with (
        st.container(key="data_quality", width="content"),
        st.popover(
            f":red[{label}]" if misleading else label,
            icon="⚠️" if misleading else "ℹ️",
            help="What was left out of the numbers, and why.",
        ),
    ):
        if not notes:
            st.caption("All records of the past 24 hours are in the numbers: none was left out.")
        for note in notes:
            st.markdown(escape_markdown(note.sentence), help=escape_markdown(note.details) if note.details else None)


def of_answers(drawn: Mapping[Query, Snapshot]) -> Iterator[QualityNote]:
    """Yield what is to be known about answers: what was left out of them, unknown fields."""
    grouped: dict[str, list[Snapshot]] = {}
    for query, answer in drawn.items():
        grouped.setdefault(query.schema.name, []).append(answer)
    for name, answers in grouped.items():
        losses, unannounced = _report_sentences(answers)
        if losses or unannounced:
            lost = any(answer.report.dropped for answer in answers)
            sentence = f"{_ENDPOINTS[name]}: {losses or unannounced}"
            yield QualityNote(sentence, unannounced if losses else "", misleads=lost)


def of_sharing(status: SharingStatus | None, tz: str) -> Iterator[QualityNote]:
    """Yield since when and why this process calls the API for itself, if it does though it shall share answers."""
    if status is not None and status.alone_since is not None:
        since = clock(pd.Timestamp(status.alone_since), tz)
        yield QualityNote(
            f"Redis {status.reason}: this server calls the API for itself since {since}.",
            "The numbers are right. Other servers of this dashboard may show answers of other moments.",
        )


def of_clock(answers: Iterable[Snapshot]) -> str:
    """Return that the API's clock and this computer's differ, and which one is used; empty where they agree."""
    offset = max((answer.clock_offset for answer in answers), key=abs, default=timedelta(0))
    if not offset:
        return ""
    seconds = round(abs(offset).total_seconds())
    difference = age(seconds if seconds < 60 else 60 * round(seconds / 60))
    direction = "behind" if offset > timedelta(0) else "ahead of"
    return (
        f"The clock of this dashboard's server is wrong: it is {difference} {direction} the API's. What is now and "
        "what the past 24 hours are, the API's clock says."
    )


def _report_sentences(answers: list[Snapshot]) -> tuple[str, str]:
    """Return what was left out of the answers and why, and which fields in them are not documented."""
    # As keys, so that each sentence is there once.
    losses: dict[str, None] = {}
    unannounced: dict[str, None] = {}
    for answer in answers:
        report = answer.report
        for sentence in report._replace(unannounced={}).sentences():
            losses[sentence] = None
        for sentence in report._replace(dropped={}, duplicates=0, unreadable={}, replaced=0).sentences():
            unannounced[sentence] = None
    return " ".join(losses), " ".join(unannounced)
