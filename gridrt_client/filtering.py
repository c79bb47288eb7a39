"""From all events of a scope to those of one type or kind of interaction, as the API would have answered."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd


def narrow(events: pd.DataFrame, eventType: str | None, interactionType: str) -> pd.DataFrame:
    """The events that match, in the same order, index a RangeIndex; ``frame.attrs`` stay those of the whole answer."""
    found = events[matches(events, eventType, interactionType)].reset_index(drop=True)
    for name in found.columns:
        # Otherwise a count by value would list values that no event here has.
        if isinstance(found[name].dtype, pd.CategoricalDtype):
            found[name] = found[name].cat.remove_unused_categories()
    return found


def matches(events: pd.DataFrame, eventType: str | None, interactionType: str) -> npt.NDArray[np.bool_]:
    """For each event whether the API would answer with it.

    `eventType` is an exact match. An event that doesn't say whether a person did it is neither ``interactive`` nor
    ``nonInteractive``.
    """
    keep: npt.NDArray[np.bool_] = np.ones(len(events), dtype=bool)
    if eventType is not None:
        keep &= holds(events["eventType"], eventType)
    if interactionType != "all":
        keep &= holds(events["interaction"], interactionType == "interactive")
    return keep


def holds(column: pd.Series, value: object) -> npt.NDArray[np.bool_]:
    """Where a column holds a value; missing ones don't."""
    found: npt.NDArray[np.bool_] = (column == value).to_numpy(dtype=bool, na_value=False)
    return found
