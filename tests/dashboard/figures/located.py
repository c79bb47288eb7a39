"""Sessions at positions, for tests of the map."""

from __future__ import annotations

import pandas as pd

NOW = pd.Timestamp("2026-11-23T12:20:10Z")


def sessions_at(
    places: list[tuple[float | None, float | None]],
    country: list[str | None] | None = None,
    hours: list[float | None] | None = None,
) -> pd.DataFrame:
    """One session per position, created so many hours before `NOW`; all dimensions have the values of ``country``."""
    created = [None if h is None else NOW - pd.Timedelta(hours=h) for h in hours or [1.0] * len(places)]
    values = pd.Series(country or ["SE"] * len(places), dtype="str")
    return pd.DataFrame(
        {
            "sessionId": pd.Series([f"s{number}" for number in range(len(places))], dtype="str"),
            "sessionCreated": pd.DatetimeIndex(pd.to_datetime(created, utc=True)).as_unit("us"),
            "latitude": pd.Series([lat for lat, _ in places], dtype="float64"),
            "longitude": pd.Series([lon for _, lon in places], dtype="float64"),
            "country": values,
            "installationId": values,
            "appId": values,
            "step": values,
            "status": values,
        }
    )
