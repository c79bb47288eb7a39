"""The API's filters of events, applied to a frame that holds all events of a scope."""

import numpy as np
import numpy.typing as npt
import pandas as pd


def filter_events(events: pd.DataFrame, eventType: str | None, interactionType: str) -> pd.DataFrame:
    """Return the events that the API would answer with, in the same order, without unused categories.

    `eventType` is an exact match. An event without `interaction` is neither ``interactive`` nor ``nonInteractive``.
    The index is a RangeIndex.
    """
    keep = np.ones(len(events), dtype=bool)
    if eventType is not None:
        keep &= holds(events["eventType"], eventType)
    if interactionType != "all":
        keep &= holds(events["interaction"], interactionType == "interactive")
    found = events[keep].reset_index(drop=True)
    for name in found.columns:
        if isinstance(found[name].dtype, pd.CategoricalDtype):
            found[name] = found[name].cat.remove_unused_categories()
    return found


def holds(column: pd.Series, value: object) -> npt.NDArray[np.bool_]:
    """Return a mask of the rows where a column holds a value; False where it is missing."""
    return np.asarray((column == value).to_numpy(dtype=bool, na_value=False))
