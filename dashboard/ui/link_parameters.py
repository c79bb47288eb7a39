"""Widgets whose value is in the link: the link says what is chosen, the widgets show it and write it.

They are not bound to the link by Streamlit, which writes the label of a choice there instead of its value, and forgets
what a view without the widget doesn't draw.

A viewer goes on choosing while an answer is on its way to the browser. So every callback of a widget begins with
`restore` (as `change` does), and widgets get their values by `show`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from time import monotonic
from typing import Final, Literal

import streamlit as st

from dashboard.analysis.formatting import escape_markdown
from dashboard.data import viewer_state
from dashboard.data.link_changes import Link
from dashboard.filters import FIELDS

LONGEST_TEXT = 200
AGAIN_SECONDS: Final = 5.0
PAGES: Final = (
    *("page", "page_ahead", "session_page", "session_page_ahead", "latest_page", "store_page", "sorted_page"),
    "field_page",
)
"""The parameters that are the number of a page."""
LISTING: Final = frozenset(
    (*FIELDS, "interactionType", "distinctColumns", "from", "to", "find", "sort", "field", "values", "rows", "status")
) | {"at", "area", "store_order"}
"""The parameters that decide which rows are on which page."""
Visibility = Literal["visible", "hidden", "collapsed"]


def given() -> Link:
    """Return the values of each parameter of the link."""
    return {name: st.query_params.get_all(name) for name in st.query_params}


def accept() -> None:
    """Begin a run with the link as it is now."""
    viewer_state.current().link.accept(given())


def restore() -> None:
    """Begin a callback with the link as the last action left it, where the browser didn't have that link yet."""
    link = viewer_state.current().link
    if link.is_late(given()):
        st.query_params.from_dict(link.parameters)


def show(key: str, value: object) -> None:
    """Let the widget of this key have a value.

    It is set only where it differs: a value that is set replaces what the viewer chooses while it is on its way to the
    browser. For some seconds it is set again, as the browser may choose from the old value meanwhile.
    """
    set_at, now = viewer_state.current().set_at, monotonic()
    if key not in st.session_state or st.session_state[key] != value:
        set_at[key] = now
    if now - set_at.get(key, now) < AGAIN_SECONDS:
        st.session_state[key] = value


def change(changes: Mapping[str, str | Sequence[str] | None]) -> None:
    """Write parameters into the link as one step of the browser's history; None or no value removes one.

    Where other rows are listed because of it, tables open their first page.
    """
    restore()
    before = given()
    wanted = {name: [value] if isinstance(value, str) else list(value or ()) for name, value in changes.items()}
    changed = {name: values for name, values in wanted.items() if values != before.get(name, [])}
    if not changed:
        return
    if not LISTING.isdisjoint(changed):
        changed = {name: [] for name in PAGES} | changed
    after = {name: values for name, values in (before | changed).items() if values}
    viewer_state.current().link.replace(after)
    # The link as a whole, because each single change of it would be a step of its own.
    st.query_params.from_dict(after)


def write(name: str, value: str | None) -> None:
    """Write a parameter into the link; None removes it."""
    change({name: value})


def linked(name: str, options: Sequence[str], default: str | None = None) -> str | None:
    """Return the value of a parameter where it is one of the options, else the default."""
    value = st.query_params.get(name)
    return value if value in options else default


def segments(
    name: str,
    options: Mapping[str, str],
    *,
    label: str,
    default: str | None = None,
    help: str | None = None,
    label_visibility: Visibility = "visible",
) -> str | None:
    """Choose one of several values side by side.

    Parameters
    ----------
    name
        The parameter of the link and the key of the widget.
    options
        What a person reads for each value, as plain text.
    default
        The value that is not written; None: nothing may be chosen.
    """
    values = list(options)
    show(name, linked(name, values, default))
    chosen: str | None = st.segmented_control(
        label,
        values,
        format_func=lambda value: escape_markdown(options[value]),
        required=default is not None,
        key=name,
        help=help,
        label_visibility=label_visibility,
        on_change=_write_widget,
        args=(name, default),
    )
    return chosen


def select(
    name: str,
    options: Mapping[str, str],
    *,
    label: str,
    default: str | None = None,
    help: str | None = None,
    placeholder: str | None = None,
    width: int | Literal["stretch"] = "stretch",
    on_typed: Callable[[str], str | None] | None = None,
) -> str | None:
    """Choose one of many values from a list; the arguments are those of `segments`.

    ``on_typed`` returns the value that a typed text stands for; without it only the options can be chosen. A value of
    the link that isn't among the options is kept where texts can be typed.
    """
    asked = st.query_params.get(name) or None
    values = list(options)
    if on_typed is not None and asked is not None and asked not in options:
        values.append(asked)
    show(name, asked if asked in values else default)

    def choose() -> None:
        value = st.session_state[name]
        if on_typed is not None and value is not None and value not in options:
            value = on_typed(value)
        write(name, None if value == default else value)

    chosen: str | None = st.selectbox(
        label,
        values,
        index=None,
        format_func=lambda value: options.get(value, value),
        key=name,
        help=help,
        placeholder=placeholder or "",
        accept_new_options=on_typed is not None,
        filter_mode="contains",
        on_change=choose,
        width=width,
    )
    return chosen


def _write_widget(name: str, default: str | None) -> None:
    value = st.session_state[name]
    write(name, None if value == default else value)


def switch(name: str, *, label: str, help: str | None = None) -> bool:
    """Choose whether something is so: ``<name>=true`` in the link."""
    show(name, (st.query_params.get(name) or "").lower() == "true")

    def turn() -> None:
        write(name, "true" if st.session_state[name] else None)

    return st.toggle(label, key=name, help=help, on_change=turn)


def text(name: str, *, label: str, width: int | Literal["stretch"] = "stretch", placeholder: str = "") -> str:
    """Type a text; empty where there is none."""
    show(name, st.query_params.get(name) or "")

    def typed() -> None:
        write(name, st.session_state[name].strip() or None)

    found: str = st.text_input(
        label, key=name, on_change=typed, width=width, max_chars=LONGEST_TEXT, placeholder=placeholder
    )
    return found.strip()[:LONGEST_TEXT]


def number(name: str, default: int) -> int:
    """Return a parameter that is a positive whole number, else the default."""
    value = st.query_params.get(name) or ""
    return int(value) if value.isascii() and value.isdigit() and 0 < int(value[:9]) < 1_000_000 else default


def pages(name: str, count: int) -> int:
    """Draw the widget that turns pages and return the open one; one beyond the last is the last."""
    show(name, min(number(name, 1), count))

    def turn() -> None:
        write(name, None if st.session_state[name] == 1 else str(st.session_state[name]))

    page: int = st.pagination(count, key=name, on_change=turn)
    return page
