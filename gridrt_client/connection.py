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
from collections.abc import Iterable
from typing import Any, ClassVar

import pandas as pd
from streamlit.connections import BaseConnection

from gridrt_client.client import RealtimeClient
from gridrt_client.queries import EventsQuery, LatestEventsQuery, Query, SessionsQuery
from gridrt_client.settings import Settings
from gridrt_client.snapshot import Snapshot, SnapshotStore

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

    def _connect(self, **kwargs: Any) -> RealtimeClient:
        return RealtimeClient(Settings.load(os.environ, self._secrets, **kwargs))

    @property
    def settings(self) -> Settings:
        return self._instance.settings

    def key(self, query: Query) -> Key:
        """What the snapshot of a query is kept under; the token is in it as a hash only."""
        settings = self.settings
        credential = hashlib.sha256(settings.access_token.encode()).hexdigest()
        return settings.base_url, settings.tenant_id, credential, query

    def snapshot(self, query: Query, *, ttl: float | None = None, wait: float | None = None) -> Snapshot:
        """The newest answer to a query with its age.

        Parameters
        ----------
        ttl
            Seconds for which an answer is fresh; ``settings.refresh_seconds`` when None. 0 asks anew, ``inf`` never.
        wait
            How long to wait for an answer that is being renewed, in seconds: 0 not at all, None until it is there.
            The very first answer is always waited for.
        """
        client = self._instance
        fresh = client.settings.refresh_seconds if ttl is None else ttl
        return self.store.get(self.key(query), lambda: client.fetch(query), fresh, wait)

    def peek(self, query: Query) -> Snapshot | None:
        """The newest answer, without asking for one."""
        return self.store.peek(self.key(query))

    def hurry(self, query: Query) -> None:
        """Let the next `snapshot` ask at once, also shortly after a failure; not before the API's own Retry-After."""
        self.store.hurry(self.key(query))

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
        """As `RealtimeClient.events`, from the snapshot."""
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
