"""What this process has fetched and keeps: one entry for each tenant and query."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from gridrt_client.connection import GridConnection, Key
from gridrt_client.queries import EventsQuery, LatestEventsQuery, SessionsQuery
from gridrt_client.snapshots.status import EntryStatus


@dataclass(frozen=True)
class Fetched:
    """A query to a tenant and the state of its answer.

    Attributes
    ----------
    tenant_id
        The tenant's id in the API.
    clear
        Whether the answer holds personal data in the clear.
    """

    tenant_id: str
    query: SessionsQuery | EventsQuery | LatestEventsQuery
    clear: bool
    status: EntryStatus

    @property
    def scope(self) -> dict[str, str]:
        """The filters that are sent to the API."""
        return dict(self.query.to_params())


def fetched() -> list[Fetched]:
    """Return everything that is kept, also what has never been answered."""
    found = []
    for status in GridConnection.store.statuses():
        _, tenant_id, _, query, personal_data = cast(Key, status.key)
        found.append(Fetched(tenant_id, query, personal_data == "clear", status))
    return found
