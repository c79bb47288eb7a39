"""Carts and checkouts: how they ended, and the newest abandoned ones."""

from __future__ import annotations

import streamlit as st

from dashboard.analysis.cart_outcomes import CartOutcomes, Outcomes, cart_outcomes
from dashboard.analysis.formatting import age, escape_markdown, money, number, percent, plural, whole
from dashboard.data.filtered_data import FilteredData
from dashboard.filters import Filters, Window
from dashboard.ui import behaviour_table

HOW = (
    "By session, from what people did in the time range. Bought: a PURCHASE at or after its last CART_ADD or CHECKOUT. "
    "Still open: not bought, with an event in the last 30 minutes. Abandoned: the others. "
)
COLUMNS = {
    "last event": "When the session was last active.",
    "checkout": "Whether it came to the checkout.",
    "added": "Quantity put into the cart (int1, one where it isn't a number above 0).",
    "removed": "Quantity taken out again.",
}


def draw(data: FilteredData, span: Window, chosen: Filters) -> None:
    """Draw the numbers of carts and of checkouts, and the table of abandoned sessions."""
    found = data.memoize(
        "cart_outcomes", lambda: cart_outcomes(data.joined.database, data.now, data.chosen.within(span)), span
    )
    if not found.carts.sessions and not found.checkouts.sessions:
        st.info("Nobody put anything into a cart or went to a checkout in the time range.", icon="🌙")
        return
    items = f"{number(found.added)} put in, {number(found.removed)} taken out."
    _metrics("Carts", found.carts, f"{HOW}Quantities: {items}")
    st.caption(f"Quantity in carts: {items}")
    _metrics("Checkouts", found.checkouts, HOW)
    st.caption(escape_markdown(_checkout_notes(found)))
    st.markdown("**Abandoned, newest first**")
    if found.abandoned.empty:
        st.caption("None.")
        return
    behaviour_table.draw(
        "abandoned",
        found.abandoned,
        chosen,
        span,
        alt="Sessions whose cart or checkout was abandoned, newest first.",
        order="newest first",
        help=COLUMNS,
        quantities=("added", "removed"),
        selected="abandoned",
    )


def _metrics(noun: str, outcomes: Outcomes, help: str) -> None:
    total = outcomes.sessions
    with st.container(horizontal=True, gap="small"):
        st.metric(noun, whole(total), help=help, border=True)
        for label, part in (
            ("bought", outcomes.bought),
            ("still open", outcomes.ongoing),
            ("abandoned", outcomes.abandoned),
        ):
            st.metric(f"{noun} {label}", f"{whole(part)} · {percent(part, total)}", help=help, border=True)


def _checkout_notes(found: CartOutcomes) -> str:
    parts = []
    if found.seconds_to_purchase is not None:
        parts.append(f"From a checkout to its purchase: {age(found.seconds_to_purchase)} in the median.")
    if found.valued:
        amounts = ", ".join(money(amount, unit) for unit, amount in sorted(found.value.items()))
        parts.append(f"Value of abandoned checkouts: {amounts}, known of {plural(found.valued, 'session')}.")
    else:
        parts.append("The value of abandoned carts is not known: their events say no amount (int1 of CHECKOUT).")
    return " ".join(parts)
