"""The client as a Streamlit connection, with the snapshots that all viewers share: the only import of Streamlit here.

In ``.streamlit/secrets.toml``, or all of it in the environment (see `settings`) and no secrets at all::

    [connections.grid]
    type = "gridrt_client.connection.GridConnection"
    tenant_id = "…"
    access_token = "…"
    region = "eu"

and in a page::

    grid = st.connection("grid", type="gridrt_client.connection.GridConnection")
    events = grid.events(eventType="PURCHASE")
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, ClassVar, overload

import pandas as pd
import streamlit as st
from streamlit.connections import BaseConnection

from gridrt_client.client import RealtimeClient
from gridrt_client.filtering import narrow
from gridrt_client.queries import EventsQuery, LatestEventsQuery, Query, SessionsQuery
from gridrt_client.secrets_file import Section, read
from gridrt_client.settings import Settings
from gridrt_client.snapshots.store import FetchFunction, Progress, Snapshot, SnapshotStore

Key = tuple[str, str, str, Query]


class GridConnection(BaseConnection[RealtimeClient]):
    """A `RealtimeClient` whose answers are kept and shared by all viewers of the process.

    Keyword arguments of ``st.connection`` are those of `Settings`; they win over the environment, which wins over
    ``[connections.<name>]`` in the secrets.

    Raises
    ------
    GridError
        From ``st.connection``, when the settings can't be used; from the other methods, when there is no answer and
        has never been one.
    """

    store: ClassVar[SnapshotStore] = SnapshotStore()
    """One for the process. Keys hold all that tells one answer from another, the credential too."""

    def __init__(self, connection_name: str, **kwargs: Any) -> None:
        # Before Streamlit looks into its secrets, which fails in its own way where there is a mistake in them.
        secrets_section(connection_name)
        self._name = connection_name
        super().__init__(connection_name, **kwargs)

    def _connect(self, **kwargs: Any) -> RealtimeClient:
        section = secrets_section(self._name)
        settings = Settings.load(os.environ, section.values, secrets_source=section.source, **kwargs)
        # One store for the process: where connections have different limits, that of the newest counts.
        self.store.limit(settings.snapshot_bytes)
        return RealtimeClient(settings)

    @property
    def settings(self) -> Settings:
        return self._instance.settings

    def key(self, query: Query) -> Key:
        """What the snapshot of a query is kept under; the token is in it as a hash only.

        Events of one type or kind of interaction are kept with all events of their scope.
        """
        settings = self.settings
        credential = hashlib.sha256(settings.access_token.encode()).hexdigest()
        return settings.base_url, settings.tenant_id, credential, scope_of(query)

    def ask(self, query: Query, ttl: float | None = None) -> Snapshot | None:
        """The newest answer to a query; never waits, see `SnapshotStore.ask`.

        All queries of one tenant and credential at one address share the pause after a failure of the API, and those
        for one endpoint that after a failure of the endpoint.

        Parameters
        ----------
        ttl
            Seconds for which an answer is fresh; ``settings.refresh_seconds`` when None; ``inf`` while paused.
        """
        key = self.key(query)
        return _narrowed(
            query, self.store.ask(key, self._fetch(query), self._fresh(ttl), api=key[:3], endpoint=query.path)
        )

    def snapshot(self, query: Query, *, ttl: float | None = None, wait: float | None = None) -> Snapshot:
        """The newest answer to a query; the very first one is waited for, see `SnapshotStore.get`.

        Parameters
        ----------
        ttl
            Seconds for which an answer is fresh; ``settings.refresh_seconds`` when None. 0 asks anew unless that would
            be too often, ``inf`` never.
        wait
            How long to wait for an answer that is being renewed, in seconds: 0 not at all, None until it is there.
        """
        key = self.key(query)
        return _narrowed(
            query, self.store.get(key, self._fetch(query), self._fresh(ttl), wait, api=key[:3], endpoint=query.path)
        )

    def wait(self, queries: Iterable[Query], seconds: float) -> None:
        """Wait for the very first answers to these queries, at most so many seconds."""
        self.store.wait(map(self.key, queries), seconds)

    def peek(self, query: Query) -> Snapshot | None:
        """The newest answer, without asking for one."""
        return _narrowed(query, self.store.peek(self.key(query)))

    def progress(self, query: Query) -> Progress | None:
        """How far the call for a query has come; None when none is under way."""
        return self.store.progress(self.key(query))

    def is_looked_at(self, query: Query) -> bool:
        """Whether somebody looks at the answer to a query."""
        return self.store.is_looked_at(self.key(query))

    def hurry(self, query: Query) -> None:
        """Let the next `ask` call at once, also shortly after a failure; not before the API's own Retry-After."""
        self.store.hurry(self.key(query))

    def _fetch(self, query: Query) -> FetchFunction:
        client, scope = self._instance, scope_of(query)
        return lambda on_progress: client.fetch(scope, on_progress=on_progress)

    def _fresh(self, ttl: float | None) -> float:
        return self.settings.refresh_seconds if ttl is None else ttl

    def sessions(
        self,
        *,
        installationId: str | None = None,
        spaceId: str | None = None,
        deviceId: str | None = None,
        ttl: float | None = None,
        wait: float | None = None,
    ) -> pd.DataFrame:
        """As `RealtimeClient.sessions`, from the snapshot."""
        query = SessionsQuery(installationId=installationId, spaceId=spaceId, deviceId=deviceId)
        return self.snapshot(query, ttl=ttl, wait=wait).frame

    def events(
        self,
        *,
        installationId: str | None = None,
        spaceId: str | None = None,
        deviceId: str | None = None,
        eventType: str | None = None,
        interactionType: str = "all",
        ttl: float | None = None,
        wait: float | None = None,
    ) -> pd.DataFrame:
        """As `RealtimeClient.events`, from the snapshot of all events of the scope, whose report it has."""
        query = EventsQuery(
            installationId=installationId,
            spaceId=spaceId,
            deviceId=deviceId,
            eventType=eventType,
            interactionType=interactionType,
        )
        return self.snapshot(query, ttl=ttl, wait=wait).frame

    def latest_events(
        self,
        distinctColumns: Iterable[str],
        *,
        installationId: str | None = None,
        spaceId: str | None = None,
        deviceId: str | None = None,
        eventType: str | None = None,
        interactionType: str = "all",
        ttl: float | None = None,
        wait: float | None = None,
    ) -> pd.DataFrame:
        """As `RealtimeClient.latest_events`, from the snapshot."""
        columns = distinctColumns.split(",") if isinstance(distinctColumns, str) else distinctColumns
        query = LatestEventsQuery(
            distinctColumns=tuple(columns),
            installationId=installationId,
            spaceId=spaceId,
            deviceId=deviceId,
            eventType=eventType,
            interactionType=interactionType,
        )
        return self.snapshot(query, ttl=ttl, wait=wait).frame

    def reset(self) -> None:
        """Read the settings anew at the next use."""
        if self._raw_instance is not None:
            self._raw_instance.close()
        super().reset()

    def close(self) -> None:
        """Close idle network connections; Streamlit calls this when it forgets the connection."""
        if self._raw_instance is not None:
            self._raw_instance.close()


def secrets_section(name: str) -> Section:
    """What Streamlit's secrets say about the connection of that name; raises BadSettingError for a mistake in them."""
    paths = st.get_option("secrets.files")
    section = read(paths, name)
    # It also makes variables of the environment of what stands in no section.
    loaded = st.secrets.load_if_toml_exists()
    if loaded and any(not str(path).endswith(".toml") for path in paths):
        # Folders with a file for each secret, as Kubernetes mounts them, are Streamlit's own affair.
        values = st.secrets.get("connections", {}).get(name, {})
        section = Section(dict(values) if isinstance(values, Mapping) else {}, "")
    return section or Section({}, "")


def scope_of(query: Query) -> Query:
    """The query that the API is asked: for events that of their scope, whatever their type and interaction.

    A latest event is another one for each type, and may be older than 24 hours: it is always asked for.
    """
    if type(query) is EventsQuery:
        return replace(query, eventType=None, interactionType="all")
    return query


@overload
def _narrowed(query: Query, answer: Snapshot) -> Snapshot: ...
@overload
def _narrowed(query: Query, answer: Snapshot | None) -> Snapshot | None: ...
def _narrowed(query: Query, answer: Snapshot | None) -> Snapshot | None:
    """The part of a scope's answer that a query is about, as the API would have given it."""
    if answer is None or type(query) is not EventsQuery or query == scope_of(query):
        return answer
    events, event_type, interaction_type = answer.shared, query.eventType, query.interactionType
    name = ("connection", event_type, interaction_type)
    part = answer.derived.get(name, lambda: narrow(events, event_type, interaction_type))
    return replace(answer, shared=part, derived=answer.derived.part(name))
