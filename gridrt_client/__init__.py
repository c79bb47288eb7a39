"""A client of the Grid real-time reports API that returns pandas DataFrames.

::

    from gridrt_client import RealtimeClient

    with RealtimeClient.from_env() as client:
        sessions = client.sessions(spaceId="…")
        events = client.events(eventType="PURCHASE", interactionType="interactive")
        latest = client.latest_events(distinctColumns=["str1", "str2", "deviceId"])

    events.attrs["report"].sentences()  # what was left out, and why

`schema` documents the columns and their dtypes, `errors` the exceptions. Only `connection` imports Streamlit: it adds
snapshots that all viewers of a dashboard share.
"""

from gridrt_client._version import __version__ as __version__
from gridrt_client.client import RealtimeClient
from gridrt_client.errors import GridError
from gridrt_client.queries import EventsQuery, LatestEventsQuery, SessionsQuery
from gridrt_client.settings import Settings

__all__ = ["EventsQuery", "GridError", "LatestEventsQuery", "RealtimeClient", "SessionsQuery", "Settings"]
