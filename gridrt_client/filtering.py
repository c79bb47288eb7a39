"""The API's filters of events, applied to a frame that holds all events of a scope."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd


def filter_events(events: pd.DataFrame, eventType: str | None, interactionType: str) -> pd.DataFrame:
    """Return the matching events in the same order, index a RangeIndex, without unused categories."""
    found = events[matches(events, eventType, interactionType)].reset_index(drop=True)
    for name in found.columns:
        if isinstance(found[name].dtype, pd.CategoricalDtype):
            found[name] = found[name].cat.remove_unused_categories()
    return found


def matches(events: pd.DataFrame, eventType: str | None, interactionType: str) -> npt.NDArray[np.bool_]:
    """Return a mask of the events that the API would answer with.

    `eventType` is an exact match. An event without `interaction` is neither ``interactive`` nor ``nonInteractive``.
    """
    keep = np.ones(len(events), dtype=bool)
    if eventType is not None:
        keep &= holds(events["eventType"], eventType)
    if interactionType != "all":
        keep &= holds(events["interaction"], interactionType == "interactive")
    return keep


def holds(column: pd.Series, value: object) -> npt.NDArray[np.bool_]:
    """Return a mask of the rows where a column holds a value; False where it is missing."""
    found: npt.NDArray[np.bool_] = (column == value).to_numpy(dtype=bool, na_value=False)
    return found
