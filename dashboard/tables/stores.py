"""The table of stores: names, numbers and changes, in a chosen order."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

import numpy as np
import pandas as pd

from dashboard.analysis.formatting import amount_of, money
from dashboard.analysis.names import Names
from dashboard.analysis.store_numbers import StoreNumbers
from gridrt_client.safe_text import shown

ORDERS: Final = {
    "sales": "Sales",
    "active": "Active now",
    "sessions": "Sessions",
    "conversion": "Conversion",
    "change": "Largest fall",
    "down": "Things down",
    "name": "Name",
}
"""What a person reads for each order of the table."""

MOST_UNITS: Final = 3
"""The most units of revenue that have a column each; where there are more, all are in one column as text."""

NO_STORE: Final = "(no store)"


def ranked(numbers: StoreNumbers, order: str, names: Names, down: Mapping[str, int] | None = None) -> pd.DataFrame:
    """Return the counts of the stores in an order, with the further columns ``name``, ``down`` and ``conversion``.

    "sales" is by revenue where all of it is in one unit, else by purchases. What is equal is ordered by purchases, then
    by sessions, then by name; what belongs to no store comes last.

    Parameters
    ----------
    order
        One of `ORDERS`.
    down
        Things that are down by ``spaceId``; None where that isn't known.
    """
    counts = numbers.counts
    spaces = [None if pd.isna(space) else space for space in counts["spaceId"]]
    table = counts.assign(
        name=pd.Series([NO_STORE if space is None else names.of("spaceId", space) for space in spaces], dtype="str"),
        down=pd.Series([pd.NA if down is None else down.get(space or "", 0) for space in spaces], dtype="Int64"),
        conversion=(counts["converted"] / counts["visitors"].where(counts["visitors"] > 0)).astype("float64"),
    )
    one = numbers.units[0] if len(numbers.units) == 1 else None
    revenue = [
        numbers.revenue.get(space, {}).get(one, Decimal(0)) if one is not None else Decimal(0) for space in spaces
    ]
    leading = {
        "sales": [(-amount, -purchases) for amount, purchases in zip(revenue, counts["purchases"], strict=True)],
        "active": (-counts["active"]).tolist(),
        "sessions": (-counts["sessions"]).tolist(),
        "conversion": (-table["conversion"].fillna(-1.0)).tolist(),
        "change": (counts["purchases_newer"] - counts["purchases_earlier"]).tolist(),
        "down": [-(down or {}).get(space or "", 0) for space in spaces],
        "name": [0] * len(table),
    }[order]
    keys = [
        (space is None, lead, *(() if order == "name" else (-purchases, -sessions)), name.casefold(), space or "")
        for space, lead, purchases, sessions, name in zip(
            spaces, leading, counts["purchases"], counts["sessions"], table["name"], strict=True
        )
    ]
    return table.iloc[sorted(range(len(keys)), key=keys.__getitem__)].reset_index(drop=True)


def store_table(rows: pd.DataFrame, numbers: StoreNumbers, *, compared: bool) -> pd.DataFrame:
    """Return rows of `ranked` as a table.

    Columns: ``store``, ``active now``, ``sessions``, ``visitors``, ``purchases``, ``conversion`` (a share, missing
    without visitors), revenue, ``change`` (purchases less those of the earlier span; only where ``compared``) and
    ``things down``. Revenue is a column of text for each unit, such as ``revenue, EUR``; where there are more than
    `MOST_UNITS`, one column ``revenue`` with all of them.
    """
    spaces = [None if pd.isna(space) else space for space in rows["spaceId"]]
    table = pd.DataFrame(
        {
            "store": rows["name"],
            "active now": rows["active"],
            "sessions": rows["sessions"],
            "visitors": rows["visitors"],
            "purchases": rows["purchases"],
            "conversion": rows["conversion"].round(4),
        }
    )
    for title, texts in _revenue(spaces, numbers).items():
        table[title] = pd.Series(texts, index=rows.index, dtype="str")
    if compared:
        table["change"] = (rows["purchases_newer"] - rows["purchases_earlier"]).astype(np.int64)
    table["things down"] = rows["down"]
    return table


def exported(rows: pd.DataFrame, numbers: StoreNumbers, *, compared: bool) -> pd.DataFrame:
    """Return rows of `ranked` as they are exported: with ``spaceId``, and a column of exact amounts for each unit."""
    spaces = [None if pd.isna(space) else space for space in rows["spaceId"]]
    table = rows[["spaceId", "active", "sessions", "visitors", "converted", "purchases"]].copy()
    for unit in numbers.units:
        amounts = [numbers.revenue.get(space, {}).get(unit) for space in spaces]
        title = f"revenue {unit or 'without currency'}"
        table[title] = pd.Series(amounts, dtype=object)
    table["purchases without amount"] = rows["unreadable"]
    if compared:
        for name in ("sessions_newer", "sessions_earlier", "purchases_newer", "purchases_earlier"):
            table[name.replace("_", ", ")] = rows[name]
    table["things down"] = rows["down"]
    return table


def _revenue(spaces: list[str | None], numbers: StoreNumbers) -> dict[str, list[str | None]]:
    if len(numbers.units) <= MOST_UNITS:
        found: dict[str, list[str | None]] = {}
        for unit in numbers.units:
            amounts = [numbers.revenue.get(space, {}).get(unit) for space in spaces]
            texts = [None if amount is None else amount_of(amount, unit) for amount in amounts]
            found[f"revenue, {_unit(unit)}"] = texts
        return found
    texts = [
        " · ".join(money(own[unit], unit) for unit in numbers.units if unit in own) or None
        for own in (numbers.revenue.get(space, {}) for space in spaces)
    ]
    return {"revenue": texts}


def _unit(unit: str) -> str:
    return shown(unit, 12) if unit else "no currency"
