"""The events of one session as a table: time, gap, what happened in words, the cart."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pandas as pd

from dashboard.analysis.formatting import age, is_missing, number
from dashboard.analysis.names import Names, field_label
from dashboard.analysis.session_course import Cart
from dashboard.tables.field_descriptions import meaning
from gridrt_client.safe_text import shown
from gridrt_client.schema import EVENT

FIELDS = ("productId", "categoryId", *(f"str{n}" for n in range(1, 6)), *(f"int{n}" for n in range(1, 6)))
LONGEST_VALUE = 80


def timeline_table(events: pd.DataFrame, tz: str, names: Names) -> pd.DataFrame:
    """Return the events of `session_course.SessionCourse`, or some of them, as a table, in their order.

    Columns: ``eventTime`` (in the zone), ``gap`` (``+12 s``), ``eventType``, ``what`` (each filled field with its
    meaning), ``cart`` (after the event, text), ``by`` (a person or not); missing where there is
    none.
    """
    what: list[str | None] = [_what(record, names) for record in events.to_dict("records")]
    carts: list[str | None] = [cart_text(cart, names) or None for cart in events["cart"]]
    return pd.DataFrame(
        {
            "eventTime": events["eventTime"].dt.tz_convert(tz),
            "gap": _texts(events["gap"], lambda seconds: f"+{age(seconds)}"),
            "eventType": _texts(events["eventType"], lambda kind: shown(kind, LONGEST_VALUE)),
            "what": pd.Series(what, index=events.index, dtype="str"),
            "cart": pd.Series(carts, index=events.index, dtype="str"),
            "by": _texts(events["interaction"], lambda interaction: "a person" if interaction else "no person"),
        }
    ).reset_index(drop=True)


def cart_text(cart: Cart, names: Names) -> str:
    """Return ``2 × merino-crew, 1 × jogger``."""
    return ", ".join(
        f"{number(quantity)} × {'(unknown)' if product is None else names.of('productId', product)}"
        for product, quantity in cart.items()
    )


def _what(record: Mapping[Any, Any], names: Names) -> str | None:
    eventType, stateful = record.get("eventType"), record.get("stateful") is True
    parts = []
    for name in FIELDS:
        value = record.get(name)
        if is_missing(value):
            continue
        words = meaning(name, EVENT, eventType, stateful=stateful)
        # The meaning without its explanation: "status" of "status: 0 offline, 1 online".
        label = field_label(name) if words == EVENT.field(name).meaning else re.split("[:,]", words)[0]
        parts.append(f"{names.label_of(name, eventType) or label}: {_value(name, value, names)}")
    return "; ".join(parts) or None


def _value(name: str, value: Any, names: Names) -> str:
    if name in ("productId", "categoryId"):
        return names.of(name, value)
    return shown(value, LONGEST_VALUE) if isinstance(value, str) else number(value)


def _texts(column: pd.Series, write: Any) -> pd.Series:
    return pd.Series(
        [None if is_missing(value) else write(value) for value in column.array], index=column.index, dtype="str"
    )
