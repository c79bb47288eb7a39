"""A client of the Grid real-time reports API that answers with pandas DataFrames.

::

    from gridrt_client import RealtimeClient

    with RealtimeClient.from_env() as client:
        sessions = client.sessions(spaceId="…")
        events = client.events(eventType="PURCHASE", interactionType="interactive")
        latest = client.latest_events(distinctColumns=["str1", "str2", "deviceId"])

    events.attrs["report"].sentences()  # what was left out, and why

`schema` documents the columns and their dtypes, `errors` what can go wrong. Nothing here imports Streamlit but
`connection`, which adds caching for a dashboard.
"""
