"""The decoders of the client, returning frames with their report in ``frame.attrs["report"]``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from gridrt_client.decoding import _duckdb_json, decoder
from gridrt_client.decoding._values import Decoded
from gridrt_client.schema import Schema


def with_report(decoded: Decoded) -> pd.DataFrame:
    decoded.frame.attrs["report"] = decoded.report
    return decoded.frame


def decode(payload: bytes | Path, schema: Schema, **options: Any) -> pd.DataFrame:
    return with_report(decoder.decode(payload, schema, **options))


def decode_carefully(payload: Any, schema: Schema, **options: Any) -> pd.DataFrame:
    return with_report(decoder.decode_carefully(payload, schema, **options))


def decode_file(path: Path, schema: Schema, **options: Any) -> pd.DataFrame:
    return with_report(_duckdb_json.decode_file(path, schema, **options))
