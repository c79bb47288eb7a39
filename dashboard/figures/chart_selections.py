"""What a drag or a click on a Plotly figure selects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from gridrt_client.safe_text import read_shown


def range_of_selection(selection: Mapping[str, Any]) -> tuple[pd.Timestamp, pd.Timestamp] | None:
    """Return the time range (UTC, whole seconds) of a box drawn in `event_histogram`, or None when there is no box.

    `selection` is what `st.plotly_chart` keeps in its state, with or without the outer "selection".
    """
    boxes = selection.get("selection", selection).get("box") or []
    for box in boxes:
        ends = [pd.to_datetime(end, utc=True, errors="coerce") for end in box.get("x") or []]
        if len(ends) >= 2 and not pd.isna(ends).any():
            start, end = min(ends).floor("s"), max(ends).ceil("s")
            return (start, end) if start < end else None
    return None


def category_of_selection(selection: Mapping[str, Any]) -> str | None:
    """Return the value that was clicked in `category_bars`.

    None for nothing, for several, for the missing values and for the rest.
    """
    inner = selection.get("selection", selection)
    keys = {str(point.get("legendgroup") or point.get("customdata")) for point in inner.get("points") or []}
    key = keys.pop() if len(keys) == 1 and not inner.get("box") else ""
    return read_shown(key[1:]) if key.startswith("=") else None
