"""Content that no field holds costs neither the answer, nor much time, nor much memory."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridrt_client._resources import FILE_THRESHOLD
from gridrt_client.answer import NAMED_FIELDS, OTHER_FIELDS
from gridrt_client.decoding.decoder import RecordColumns
from gridrt_client.errors import TooLargeError
from gridrt_client.schema import EVENT, Schema
from tests.client.conftest import FEWER
from tests.client.decoding.test_any_payload import records
from tests.client.decoding.test_duckdb_json import assert_same
from tests.decoded import decode, decode_carefully, with_report

DEPTHS = (100, 1500, 100_000, 1_000_000)
NESTED = {
    "arrays": lambda depth: b"[" * depth + b"]" * depth,
    "objects": lambda depth: b'{"a":' * depth + b"1" + b"}" * depth,
    "both": lambda depth: b'[{"":' * depth + b'"]}"' + b"}]" * depth,
}
ODD = {
    "deep": b"[" * 5000 + b"]" * 5000,
    "endless integer": b"9" * 200_000,
    "endless fraction": b"9" * 200_000 + b".5",
    "endless exponent": b"1e" + b"9" * 5000,
    "NaN": b"NaN",
    "infinities": b"[Infinity,-Infinity]",
    "lone surrogate": b'"\\ud800"',
    "surrogates the wrong way": b'{"\\udc00\\ud800":"\\udc00\\ud800"}',
    "no UTF-8": b'"\xff\xfe"',
    "NUL": b'"\\u0000\x00"',
    "huge text": b'"' + b"x" * 9_000_000 + b'"',
    "huge list": b"[" + b"{}," * 2_000_000 + b"{}]",
    "keys that come twice": b'{"a":1,"a":2}',
    "an empty key": b'{"":{"":null}}',
}
# So many that the answer is large enough for the fast way.
PLAIN = b",".join(b'{"captureId":"%d","str1":"%s"}' % (n, b"a" * 50) for n in range(FILE_THRESHOLD // 60))


def report_of(payload: bytes) -> Any:
    return decode(payload, EVENT).attrs["report"]


@pytest.mark.parametrize("depth", DEPTHS)
@pytest.mark.parametrize("nested", NESTED.values(), ids=NESTED)
@pytest.mark.parametrize("more", [b"", PLAIN + b","], ids=["small", "large"])
def test_any_depth_costs_only_its_own_value(depth: int, nested: Any, more: bytes) -> None:
    value = nested(depth)
    payload = b'[%b{"captureId":"x","str2":"y","new":%b},{"str2":%b,"str3":"z"},%b]' % (more, value, value, value)
    report = report_of(payload)
    assert report.dropped == ({"not an object": 1} if value[:1] == b"[" else {})
    assert report.unannounced.get("new") == 1
    assert report.unreadable == {"str2": 1}
    frame = decode(payload, EVENT)
    assert frame["str2"].dropna().tolist() == ["y"]
    assert frame["str3"].dropna().tolist() == ["z"]


@pytest.mark.parametrize("value", ODD.values(), ids=ODD)
@pytest.mark.parametrize("more", [b"", PLAIN + b","], ids=["small", "large"])
def test_an_odd_value_that_nobody_wants_is_skipped(value: bytes, more: bytes) -> None:
    report = report_of(b'[%b{"captureId":"x","str2":"y","new":%b}]' % (more, value))
    assert report.unannounced == {"new": 1}
    assert (report.unreadable, report.dropped, report.duplicates) == ({}, {}, 0)


@pytest.mark.parametrize("name", ["n" * 3_000_000, "\\ud800" * 1000, "\\\\" * 400_000, "é" * 500_000], ids=len)
def test_a_name_of_any_length_is_counted_and_cut(name: str) -> None:
    for more in (b"", PLAIN + b","):
        report = report_of(b'[%b{"captureId":"x","%b":1}]' % (more, name.encode()))
        assert sum(report.unannounced.values()) == 1
        assert all(len(one) <= 100 for one in report.unannounced)


def test_a_million_names_take_seconds() -> None:
    fields = [f'"name {number}":1' for number in range(1_000_000)]
    alone = "{" + ",".join(['"captureId":"x"', *fields]) + "}"
    spread = ",".join(f'{{"captureId":"{n}",{",".join(fields[n * 100 : n * 100 + 100])}}}' for n in range(10_000))
    for written in (alone, spread, f'{alone},{spread},{{"name 5":2,"captureId":"y"}}'):
        started = time.monotonic()
        report = report_of(f"[{written}]".encode())
        assert time.monotonic() - started < 60
        assert len(report.unannounced) == NAMED_FIELDS + 1
        assert report.unannounced[OTHER_FIELDS] >= 99_000


@pytest.mark.parametrize("schema", [EVENT], ids=lambda schema: schema.name)
@given(data=st.data())
@FEWER
def test_some_at_a_time_it_is_the_same(schema: Schema, data: st.DataObject) -> None:
    elements = json.loads(json.dumps(data.draw(records(schema))))
    whole, parts = RecordColumns(schema), RecordColumns(schema)
    whole.add(elements)
    for element in elements:
        parts.add([element])
    assert_same(with_report(parts.decoded(0)), with_report(whole.decoded(0)))


def test_large_and_careful_is_the_same_as_small(caplog: pytest.LogCaptureFixture) -> None:
    odd = b'null,{"captureId":"%d","str1":"\\ud800","int1":%s,"int2":1.0,"interaction":0,"new":[{}],"public":7},'
    some = b"".join(odd % (n % 40_000, b"9" * (1 + n % 40)) for n in range(60_000))
    payload = b"[" + some + PLAIN + b"]"
    assert len(payload) > 6_000_000
    with caplog.at_level(logging.INFO, "gridrt_client"):
        found = decode(payload, EVENT)
    assert len(caplog.records) == 1
    expected = RecordColumns(EVENT)
    expected.add(json.loads(payload))
    assert_same(found, with_report(expected.decoded(0)))
    assert_same(decode_carefully(payload, EVENT), found)


_MEASURED = """
import sys, time
from pathlib import Path
from tests.decoded import decode
from gridrt_client.schema import EVENT
path = Path(sys.argv[1])
Path("/proc/self/clear_refs").write_text("5")
before = int(next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1])
decode(b'[{"captureId":"1"}]', EVENT)
started = time.monotonic()
try:
    print(len(decode(path, EVENT)), end=" ")
except Exception as error:
    print(type(error).__name__, end=" ")
took = time.monotonic() - started
after = int(next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1])
print((after - before) // 1024, took)
"""


def measured(path: Path) -> tuple[str, int, float]:
    """What decoding a file gave, by how many MiB the peak of the memory rose, and the seconds."""
    done = subprocess.run([sys.executable, "-c", _MEASURED, str(path)], capture_output=True, text=True, check=True)
    result, memory, seconds = done.stdout.split()
    return result, int(memory), float(seconds)


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="the peak of the memory is read from /proc")
@pytest.mark.parametrize("kind", ["deep value", "deep element", "null", "list of objects", "names"])
def test_a_large_answer_takes_little_more_than_its_size(tmp_path: Path, kind: str) -> None:
    size = 24 << 20
    record = b'{"captureId":"%09d","sessionId":"s%d","eventType":"A","eventTime":"2026-11-23T11:20:00.123Z","int1":%d}'
    some = b",".join(record % (n, n % 9999, n % 99) for n in range(size // 100))
    written, most = {
        "deep value": (b'%b,{"captureId":"x","x":%b}' % (some, ODD["deep"]), 250),
        "deep element": (b"%b,%b" % (some, b"[" * 100_000 + b"]" * 100_000), 400),
        "null": (b"%b,null" % some, 400),
        "list of objects": (b'{"captureId":"x","x":[%b{}]}' % (b"{}," * (size // 3)), 250),
        "names": (b"{%b}" % b",".join(b'"name %d":1' % n for n in range(size // 16)), 250),
    }[kind]
    path = tmp_path / "answer.json"
    path.write_bytes(b"[%b]" % written)
    result, memory, seconds = measured(path)
    assert int(result) > 0
    assert memory < most
    assert seconds < 60


@pytest.mark.parametrize("odd", [b"", b"null,"])
def test_there_is_a_limit_to_records(monkeypatch: pytest.MonkeyPatch, odd: bytes) -> None:
    monkeypatch.setattr("gridrt_client.decoding._values.MOST_RECORDS", 1000)
    with pytest.raises(TooLargeError, match=r"more than 1,000 records, the limit\. Narrow the query"):
        decode(b"[%b%b]" % (odd, PLAIN), EVENT)


def test_what_has_to_be_read_with_care_has_a_limit_of_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("gridrt_client.decoding.decoder.CAREFUL_LIMIT", 1 << 20)
    assert len(decode(b"[%b]" % PLAIN, EVENT)) > 10_000
    path = tmp_path / "answer.json"
    path.write_bytes(b"[null,%b]" % PLAIN)
    for payload in (path, path.read_bytes()):
        with pytest.raises(TooLargeError, match=r"has to be read piece by piece may not be larger than 1 MiB"):
            decode(payload, EVENT)


def test_the_index_and_columns_are_those_of_an_empty_answer() -> None:
    pd.testing.assert_frame_equal(decode(b"[null,5]", EVENT), EVENT.empty())
