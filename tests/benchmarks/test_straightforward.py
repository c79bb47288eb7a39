"""The straightforward decoder makes the dtypes that its ratios are taken for."""

from __future__ import annotations

import json

import pandas as pd

from tests.benchmarks.straightforward.decode import decode

EVENT = {
    "captureId": "1",
    "eventTime": "2026-11-23T12:20:00.3720000Z",
    "eventType": "RATING",
    "interaction": True,
    "int1": 5,
    "str1": "good",
    "public": 3_600_000,
}


def test_dates_numbers_booleans_texts_and_anything() -> None:
    odd = {"captureId": "2", "eventTime": "yesterday", "interaction": "yes", "int1": 2.5, "latitude": "north"}
    frame = decode(json.dumps([EVENT, odd]).encode())
    assert frame.dtypes.astype("str").to_dict() == {
        "captureId": "str",
        "eventTime": "datetime64[us, UTC]",
        "eventType": "str",
        "interaction": "boolean",
        "int1": "object",
        "str1": "str",
        "public": "float64",
        "latitude": "float64",
    }
    assert frame["eventTime"][0] == pd.Timestamp("2026-11-23T12:20:00.372Z")
    assert frame["int1"].tolist() == [5, 2.5]
    assert frame.loc[1, ["eventTime", "interaction", "latitude", "str1"]].isna().all()
