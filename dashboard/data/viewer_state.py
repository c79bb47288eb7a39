"""Everything that is kept per viewer between two runs of the script, besides the values of widgets and of the link."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Hashable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, NamedTuple

import numpy as np
import pandas as pd
import streamlit as st

from dashboard.analysis.joined_events import RowSelection
from dashboard.analysis.names import Names
from dashboard.analysis.record_order import Hashes, Mark
from dashboard.data import tenant
from dashboard.data.link_changes import LinkChanges
from dashboard.data.loader import Loader
from dashboard.data.permissions import Permissions
from dashboard.filters import Filters, Window, is_zone
from gridrt_client.secrets_file import DEFAULT_NAME

KEY: Final = "viewer"
"""The key of the `ViewerState` in ``st.session_state``."""

NOT_DRAWN: Final = object()
"""The value of a widget that has not been drawn since a note about it was made."""


class LinkNote(NamedTuple):
    """A sentence about a parameter of the link.

    It is shown as long as the widget has the value that it had when the sentence was first shown, ``value``.
    """

    sentence: str
    value: object = NOT_DRAWN


class QualityNote(NamedTuple):
    """A sentence about what the numbers of a view leave out; ``misleads``: they may be wrong because of it."""

    sentence: str
    details: str = ""
    misleads: bool = False


class Export(NamedTuple):
    """Rows of a view that can be downloaded: the name of the report, and what they were filtered by."""

    report: str
    rows: RowSelection
    chosen: Filters
    window: Window


@dataclass
class MapState:
    """The camera of a map.

    Attributes
    ----------
    view
        The camera's position as last fitted: latitude, longitude, zoom.
    scope, had_bubbles
        What the camera was fitted to (the scope), and whether there was any bubble then.
    fits
        How often it was fitted.
    losses
        How often the browser lost the map's WebGL context.
    clicked
        The bubble that the browser shows as selected.
    """

    view: dict[str, float] = field(default_factory=dict)
    scope: Hashable = None
    had_bubbles: bool = False
    fits: int = 0
    losses: int = 0
    clicked: str | None = None

    def key(self, name: str) -> str:
        """Return the key under which a map of this name is drawn: under another one the browser makes another map."""
        return f"{name}_{self.losses}"

    def replace(self) -> None:
        """Let another map be drawn from now on, in which nothing is selected."""
        self.clicked, self.losses = None, self.losses + 1


@dataclass
class TablePages:
    """What a viewer has seen of a table ordered by time.

    Attributes
    ----------
    rows_of
        Identifies the rows that the table lists (the filters); with other rows the pages start anew.
    drawn_now, held_now
        The present when the table was last drawn, and from when on newer rows are held back; None: they are not.
    starts
        Where pages start, by page number from 1.
    was_turned
        Whether a page other than the first has been shown.
    page, keys
        The page that was drawn last, and how many of its rows have each key.
    """

    rows_of: Hashable = None
    drawn_now: pd.Timestamp | None = None
    held_now: pd.Timestamp | None = None
    starts: dict[int, Mark] = field(default_factory=dict)
    was_turned: bool = False
    page: int = 0
    keys: Counter[str] = field(default_factory=Counter)


@dataclass
class TableOrder:
    """The keys (uint64) of all rows of a table in the order in which they were last drawn; ``rows_of`` as above."""

    rows_of: Hashable = None
    keys: Hashes = field(default_factory=lambda: np.zeros(0, dtype=np.uint64))


@dataclass
class FeedState:
    """What a viewer has seen of the newest events.

    Attributes
    ----------
    rows_of
        Identifies the list (the filters): with another list nothing is new.
    drawn
        Identifies the answer that was drawn last.
    keys, new
        The keys of the rows that were drawn last, and those of them that came with that answer.
    """

    rows_of: Hashable = None
    drawn: Hashable = None
    keys: frozenset[str] = frozenset()
    new: frozenset[str] = frozenset()


@dataclass(eq=False)
class ViewerState:
    """The state of one viewer.

    Attributes
    ----------
    page, title
        The path and the title of the page that is open; None before the first.
    tenants
        The names of the tenants that may be chosen.
    tenant, permissions, names
        The name of the tenant that is shown, what the viewer may do with it, and the names of its ids.
    presents
        Whether the page is shown on a wall: without sidebar and tools.
    quality, exports
        What is to be known about the data of the current drawing, and which rows of it can be downloaded.
    filters
        The filters of the last full run.
    loader, is_drawn
        Loads the snapshots of the current drawing; whether a view has been drawn with them, so that the next drawing
        needs another one.
    counts
        How many records each value of a filter has, most first, by filter, as of ``loader``.
    options
        The options of the select boxes as they were last drawn, by filter.
    personal_data_until
        Until when the viewer wants to see personal data in the clear; None: not at all.
    refresh_before_pause
        The parameter ``refresh`` of the link before it was paused.
    link, link_notes
        The link, and the notes about it by parameter.
    set_at
        When the value of a widget was last set by the server (`time.monotonic`), by key.
    scrolled
        The keys of the tables that are scrolled down.
    pages, orders
        By key of the table.
    feed
        Of the newest events.
    refresh_turn
        How often the line with the age of the data has been drawn.
    refresh_share
        The viewer's share of the spread between viewers, from 0 to below 1; None before the first refresh.
    """

    page: str | None = None
    title: str = ""
    tenants: tuple[str, ...] = ()
    tenant: str = DEFAULT_NAME
    permissions: Permissions = field(default_factory=Permissions)
    names: Names = field(default_factory=Names)
    presents: bool = False
    quality: list[QualityNote] = field(default_factory=list)
    exports: list[Export] = field(default_factory=list)
    filters: Filters = field(default_factory=Filters)
    loader: Loader = field(init=False)
    is_drawn: bool = False
    counts: dict[str, pd.Series] = field(default_factory=dict)
    options: dict[str, frozenset[object]] | None = None
    personal_data_until: datetime | None = None
    refresh_before_pause: str | None = None
    link: LinkChanges = field(default_factory=LinkChanges)
    link_notes: dict[str, LinkNote] = field(default_factory=dict)
    set_at: dict[str, float] = field(default_factory=dict)
    map: MapState = field(default_factory=MapState)
    store_map: MapState = field(default_factory=MapState)
    scrolled: Collection[str] = ()
    pages: dict[str, TablePages] = field(default_factory=dict)
    orders: dict[str, TableOrder] = field(default_factory=dict)
    feed: FeedState = field(default_factory=FeedState)
    refresh_turn: int = 0
    refresh_share: float | None = None

    @property
    def shows_personal_data(self) -> bool:
        """Whether the viewer wants to see personal data in the clear, and may."""
        until = self.personal_data_until
        return self.permissions.may_see_personal_data and until is not None and datetime.now(UTC) < until

    def begin(self, patience: float) -> None:
        """Begin another drawing, which may wait ``patience`` seconds for first answers.

        Raises
        ------
        GridError
            As `tenant.connect`.
        NamesError
            As `tenant.names`.
        """
        # Once for all that is drawn.
        self.names = tenant.names(self.tenant)
        connection = tenant.connect(self.tenant, self.permissions)
        self.loader = Loader(connection, patience, clear=self.shows_personal_data)
        self.is_drawn = False
        self.quality, self.exports = [], []

    def open_tenant(self, name: str, permissions: Permissions) -> None:
        """Note the tenant of this run and what the viewer may do with it; the tables of another one are forgotten.

        So is that personal data was to be shown.
        """
        if (self.tenant, self.permissions) != (name, permissions):
            self.forget_tables()
            self.personal_data_until = None
        self.tenant, self.permissions = name, permissions

    def open_page(self, page: str, title: str) -> None:
        """Note the page of this run; where it replaces another one, the tables and notes of that are forgotten."""
        if self.page not in (None, page):
            self.forget_tables()
            self.link_notes.clear()
        self.page, self.title = page, title

    def forget_tables(self) -> None:
        """Let all tables start anew."""
        self.pages.clear()
        self.orders.clear()
        self.scrolled = ()


def current() -> ViewerState:
    """Return the state of the viewer whose script runs."""
    if KEY not in st.session_state:
        st.session_state[KEY] = ViewerState()
    state: ViewerState = st.session_state[KEY]
    return state


def names() -> Names:
    """Return the names of ids of the viewer's tenant."""
    return current().names


def browser_zone() -> str:
    """Return the browser's time zone, UTC where it has none or one that this server doesn't know."""
    name = st.context.timezone
    return name if name and is_zone(name) else "UTC"


def is_dark() -> bool:
    """Whether the browser shows the dark theme."""
    return bool(st.context.theme.type == "dark")
