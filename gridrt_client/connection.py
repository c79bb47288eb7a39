"""The client as a Streamlit connection with shared snapshots: the only import of Streamlit here.

In ``.streamlit/secrets.toml``, or all of it in the environment (see `settings`)::

    [connections.grid]
    type = "gridrt_client.connection.GridConnection"
    tenant_id = "…"
    access_token = "…"
    region = "eu"

and in a page::

    grid = st.connection("grid", type="gridrt_client.connection.GridConnection")
    events = grid.events(eventType="PURCHASE")
"""

import hashlib
import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar, Final, Unpack

import pandas as pd
import streamlit as st
from streamlit.connections import BaseConnection

from gridrt_client import _memory_limit
from gridrt_client.answer import FetchFunction
from gridrt_client.client import RealtimeClient
from gridrt_client.filtering import filter_events
from gridrt_client.personal_data import PersonalData
from gridrt_client.queries import (
    EventFilters,
    EventsQuery,
    Query,
    ScopeFilters,
    SessionsQuery,
    latest_events_query,
    scope_of,
)
from gridrt_client.secrets_file import Section, read_section
from gridrt_client.settings import Settings
from gridrt_client.sharing.shared_fetch import SharedFetches, SharedKey
from gridrt_client.snapshots.snapshot import Progress, Snapshot
from gridrt_client.snapshots.store import SnapshotStore

Key = tuple[str, str, str, Query, PersonalData]

FORGET_CLEAR_AFTER: Final = 120.0
"""Seconds after which an answer with personal data in the clear is dropped when nobody asks for it."""


class GridConnection(BaseConnection[RealtimeClient]):
    """A `RealtimeClient` whose answers are shared by all viewers of the process.

    Keyword arguments of ``st.connection`` are those of `Settings`; they take precedence over the environment, and that
    over ``[connections.<name>]`` in the secrets. Settings that can't be used raise `GridError`, as all methods do when
    there has never been an answer.

    In all methods `ttl` is the number of seconds for which an answer is fresh: ``settings.refresh_seconds`` when None,
    0 to fetch anew unless that would be too often, ``inf`` for never. `wait` is the number of seconds to wait for a
    refresh: 0 for not at all, None until its end; the first answer is always waited for. Personal data is replaced by
    pseudonyms (`personal_data`); with `clear` it is returned as it came, from a snapshot of its own that is forgotten
    soon. The caller has to know that the viewer may see personal data.
    """

    store: ClassVar[SnapshotStore] = SnapshotStore()
    """Shared by the process. Keys hold all that an answer depends on, the credential included."""

    def __init__(self, connection_name: str, **kwargs: Any) -> None:
        # Before Streamlit reads its secrets, whose own errors are less clear.
        secrets_section(connection_name)
        self._name = connection_name
        super().__init__(connection_name, **kwargs)

    def _connect(self, **kwargs: Any) -> RealtimeClient:
        section = secrets_section(self._name)
        settings = Settings.load(os.environ, section.values, secrets_source=section.source, **kwargs)
        # The limit of the newest connection counts for the shared store.
        self.store.set_max_bytes(_memory_limit.snapshot_bytes(settings.snapshot_bytes))
        self._shared = SharedFetches.of(settings)
        return RealtimeClient(settings)

    @property
    def settings(self) -> Settings:
        return self._instance.settings

    def key(self, query: Query, *, clear: bool = False) -> Key:
        """Return the key of a query's snapshot, with a hash of the token; the same for all events of a scope."""
        settings = self.settings
        credential = hashlib.sha256(settings.access_token.encode()).hexdigest()
        return settings.base_url, settings.tenant_id, credential, scope_of(query), _personal_data(clear)

    def ask(self, query: Query, ttl: float | None = None, *, clear: bool = False) -> Snapshot | None:
        """Return the newest answer to a query without waiting; see `SnapshotStore.ask`."""
        found = self.store.ask(**self._request(query, ttl, clear))
        return found and _narrowed(query, found)

    def snapshot(
        self, query: Query, *, ttl: float | None = None, wait: float | None = None, clear: bool = False
    ) -> Snapshot:
        """Return the newest answer to a query; wait for the first one. See `SnapshotStore.get`."""
        return _narrowed(query, self.store.get(wait=wait, **self._request(query, ttl, clear)))

    def wait(self, queries: Iterable[Query], seconds: float, *, clear: bool = False) -> None:
        """Wait for the first answers to these queries, at most `seconds`."""
        self.store.wait([self.key(query, clear=clear) for query in queries], seconds)

    def peek(self, query: Query, *, clear: bool = False) -> Snapshot | None:
        """Return the newest answer without requesting one."""
        found = self.store.peek(self.key(query, clear=clear))
        return found and _narrowed(query, found)

    def progress(self, query: Query, *, clear: bool = False) -> Progress | None:
        """Return the progress of the fetch for a query; None when none is queued or running."""
        return self.store.progress(self.key(query, clear=clear))

    def is_in_demand(self, query: Query, *, clear: bool = False) -> bool:
        """Return whether the answer to a query is refreshed in the background."""
        return self.store.interval(self.key(query, clear=clear)) is not None

    def retry_now(self, query: Query, *, clear: bool = False) -> None:
        """Let the next `ask` fetch at once, also after a failure, but not before the API's own Retry-After."""
        self.store.retry_now(self.key(query, clear=clear))

    def sessions(
        self,
        *,
        ttl: float | None = None,
        wait: float | None = None,
        clear: bool = False,
        **filters: Unpack[ScopeFilters],
    ) -> pd.DataFrame:
        """As `RealtimeClient.sessions`, from the snapshot."""
        return self.snapshot(SessionsQuery(**filters), ttl=ttl, wait=wait, clear=clear).to_frame()

    def events(
        self,
        *,
        ttl: float | None = None,
        wait: float | None = None,
        clear: bool = False,
        **filters: Unpack[EventFilters],
    ) -> pd.DataFrame:
        """As `RealtimeClient.events`, from the snapshot of all events of the scope, with its report."""
        return self.snapshot(EventsQuery(**filters), ttl=ttl, wait=wait, clear=clear).to_frame()

    def latest_events(
        self,
        distinctColumns: Iterable[str],
        *,
        ttl: float | None = None,
        wait: float | None = None,
        clear: bool = False,
        **filters: Unpack[EventFilters],
    ) -> pd.DataFrame:
        """As `RealtimeClient.latest_events`, from the snapshot."""
        return self.snapshot(
            latest_events_query(distinctColumns, **filters), ttl=ttl, wait=wait, clear=clear
        ).to_frame()

    def reset(self) -> None:
        """Read the settings anew at the next use."""
        self.close()
        super().reset()

    def close(self) -> None:
        """Close idle network connections; called by Streamlit when it drops the connection."""
        if self._raw_instance is not None:
            self._raw_instance.close()

    def _request(self, query: Query, ttl: float | None, clear: bool) -> dict[str, Any]:
        key = self.key(query, clear=clear)
        fetch: FetchFunction = partial(self._instance.fetch, scope_of(query), personal_data=_personal_data(clear))
        ttl = self.settings.refresh_seconds if ttl is None else ttl
        request = {"key": key, "fetch": fetch, "ttl": ttl, "api": key[:3], "endpoint": query.path}
        if clear:
            # It belongs to this process alone.
            return {**request, "forget_after": FORGET_CLEAR_AFTER}
        if self._shared is not None and query.shareable:
            shared_key = SharedKey(key, (key[:3], query.path), key[:3], query.schema)
            request["fetch"] = self._shared.function(shared_key, fetch, partial(self._max_age, key, ttl))
        return request

    def _max_age(self, key: Key, ttl: float) -> float:
        """Return how old another process's answer may be: the shortest interval that any viewer has asked for."""
        return min(ttl, self.store.interval(key) or ttl)


def _personal_data(clear: bool) -> PersonalData:
    return "clear" if clear else "pseudonyms"


def secrets_section(name: str) -> Section:
    """Return the section of a connection in Streamlit's secrets; raise BadSettingError for a mistake in them."""
    paths = st.get_option("secrets.files")
    section = read_section(paths, name)
    # This also turns top-level values into environment variables.
    if st.secrets.load_if_toml_exists() and any(not str(path).endswith(".toml") for path in paths):
        # Folders with a file per secret, as Kubernetes mounts them, are read by Streamlit alone.
        values = st.secrets.get("connections", {}).get(name, {})
        section = Section(dict(values) if isinstance(values, Mapping) else {}, "")
    return section or Section({}, "")


def _narrowed(query: Query, snapshot: Snapshot) -> Snapshot:
    """Return the part of a scope's snapshot that the API would have answered the query with."""
    if type(query) is not EventsQuery or query == scope_of(query):
        return snapshot
    event_type, interaction_type = query.eventType, query.interactionType
    name = ("connection", event_type, interaction_type)
    part = snapshot.memo.get(name, lambda: filter_events(snapshot.frame, event_type, interaction_type))
    return replace(snapshot, frame=part, memo=snapshot.memo.part(name))
