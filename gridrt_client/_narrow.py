"""From all events of a scope to those of one type or kind of interaction, as the API would have answered."""

from __future__ import annotations

import numpy as np
import pandas as pd


def narrow(events: pd.DataFrame, eventType: str | None, interactionType: str) -> pd.DataFrame:
    """The events that match, in the same order, index a RangeIndex.

    `eventType` is an exact match. An event that doesn't say whether a person did it is neither ``interactive`` nor
    ``nonInteractive``. ``frame.attrs`` stay those of the whole answer.
    """
    keep = np.ones(len(events), dtype=bool)
    if eventType is not None:
        keep &= _is(events["eventType"], eventType)
    if interactionType != "all":
        keep &= _is(events["interaction"], interactionType == "interactive")
    found = events[keep].reset_index(drop=True)
    for name in found.columns:
        # Otherwise a count by value would list values that no event here has.
        if isinstance(found[name].dtype, pd.CategoricalDtype):
            found[name] = found[name].cat.remove_unused_categories()
    return found


def _is(column: pd.Series, value: str | bool) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Where a column has a value; nowhere where it has none."""
    return (column == value).fillna(False).to_numpy(dtype=bool)
