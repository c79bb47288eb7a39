"""The fast decoder gives the same frame as the careful one, or raises FallbackNeeded."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridrt_client.decoding._duckdb_json import FallbackNeeded, examine
from gridrt_client.schema import EVENT, LATEST_EVENT, SESSION, Schema
from tests.client.conftest import FEWER
from tests.client.decoding.test_any_payload import anything, records
from tests.decoded import decode_carefully, decode_file

DATES = [
    "2026-11-23T11:20:00.1234567Z",
    "2026-11-23T11:20:00.123Z",
    "2026-11-23T11:20:00.123456Z",
    "2026-11-23T11:20:00Z",
    "2026-11-23T11:20:00.Z",
    "2026-11-23T11:20:00.1234567890Z",
    "2026-11-23T11:20:00.123456789012Z",
    "2024-02-29T00:00:00.5Z",
    "2026-02-29T00:00:00.000Z",
    "2026-11-31T00:00:00.000Z",
    "2026-00-10T00:00:00.000Z",
    "2026-13-10T00:00:00.000Z",
    "2026-10-00T00:00:00.000Z",
    "2026-10-10T24:00:00.000Z",
    "2026-10-10T23:60:00.000Z",
    "2026-10-10T23:59:60.000Z",
    "0000-01-01T00:00:00.000Z",
    "0001-01-01T12:00:00.000Z",
    "0001-01-02T00:00:00.000Z",
    "9999-12-30T23:59:59.9999999Z",
    "9999-12-31T00:00:00.000Z",
    "2026-11-23T11:20:00.123+05:30",
    "2026-11-23t11:20:00.123z",
    "2026-11-23 11:20:00.123Z",
    " 2026-11-23T11:20:00.123Z ",
    "2026-11-23",
    "1795432800000",
    1795432800000,
    1795432800000.25,
    "Mon Nov 23 2026 11:20:00 GMT+0100 (Central European Standard Time)",
    "Mon, 23 Nov 2026 11:20:00 GMT",
    "２０２６-11-23T11:20:00.123Z",
    "2026-11-23T11:20:00.12:Z",
    "2026-11-23T11:20:00.1/3Z",
]
NUMBERS = [1, 1.0, True, -0.0, 0, 5, 10**30, 2**63, 2**64, -(2**63) - 1, 1e22, 5e-324]
TEXTS = ["1", "1.0", "-0", "5", "a", "A", "", " ", "x},{y", ",}", "a, }", '"', "\\", "/", "+", "\u2028", "😀"]
WORDS = ["nan", ":nan", "TRUE", "false", "NaN"]
VALUES = st.sampled_from([*DATES, *NUMBERS, *TEXTS, *WORDS, [], {}, [[]], {"a": {"a": None}}, [1, "nan"], None])
# Tokens as they are, also those that JSON hasn't.
TOKENS = st.sampled_from(
    [
        *("NaN", "Infinity", "-Infinity", "nan", "inf", "-nan", "INFINITY", "1e400", "-1E400", "1e-400", "1E3", "1.50"),
        *("-0", "-0.0", "0.1000", "123456789012345678901234567890.5", "9" * 400, "9" * 5000),
        *("01", "+1", ".5", "1.", "0x10", "", "5 ", "5\x0b", "/**/5", "tru", "NULL", "'a'"),
        *('"\\/\\u002B\\u00e9"', '"\\ud83d\\ude00"', '"\\ud800"', '"\\u0000"', '"a\tb"', '"\\x"', '"\x7f"'),
        *("[1,]", '{"a":1,}', '{"a":1,"a":2}', "[nan]", '{"x":[inf]}', "[" * 500 + "]" * 500),
        *("[" * 1500 + "]" * 1500, '{"a":' * 1500 + "nan" + "}" * 1500, "[" * 70 + "nan" + "]" * 70),
        *('"2026-11-23T11:20:00.12\\u0033Z"', '"2026-11-23T11:20:00.123\\u005a"'),
    ]
)
SPACES = st.sampled_from(["", "", "", " ", "\n", "\r\n\t ", " " * 70, "\x0b", "\x0c", "\u00a0"])
ENDS = st.sampled_from(["", "", "", "", "\n", " ]", "x", "[]", ",", "\x00", "\u00a0", '{"a":1}', "null"])


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("answers") / "answer.json"


def fast(place: Path, payload: bytes, schema: Schema = EVENT, rows: int = 100_000) -> pd.DataFrame:
    place.write_bytes(payload)
    return decode_file(place, schema, rows=rows)


def check(place: Path, payload: bytes, schema: Schema = EVENT, rows: int = 3) -> bool:
    """Whether the fast way took it; fails when it did and the careful way doesn't agree."""
    try:
        found = fast(place, payload, schema, rows)
    except FallbackNeeded:
        return False
    assert_same(found, decode_carefully(payload, schema))
    return True


def assert_same(found: pd.DataFrame, expected: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(found, expected, check_flags=True)
    for name in found:
        if found[name].dtype == "category":
            ours, theirs = found[name].cat.categories, expected[name].cat.categories
            assert ours.dtype == theirs.dtype
            assert [(type(one), repr(one)) for one in ours] == [(type(one), repr(one)) for one in theirs]
            assert found[name].cat.codes.dtype == expected[name].cat.codes.dtype
    assert found.attrs["report"] == expected.attrs["report"]


@pytest.mark.parametrize("schema", [SESSION, EVENT, LATEST_EVENT], ids=lambda schema: schema.name)
@given(data=st.data())
@FEWER
def test_any_array_is_the_same_either_way(schema: Schema, data: st.DataObject, place: Path) -> None:
    elements = data.draw(records(schema))
    layout: dict[str, Any] = data.draw(
        st.fixed_dictionaries(
            {
                "indent": st.sampled_from([None, 0, 1, "\t"]),
                "ensure_ascii": st.booleans(),
                "sort_keys": st.booleans(),
                "separators": st.sampled_from([(",", ":"), (", ", ": "), (" ,\n", " : ")]),
            }
        )
    )
    written = json.dumps(elements, **layout).encode("utf-8", "surrogatepass")
    check(place, written, schema, data.draw(st.integers(1, 5)))


@given(data=st.data())
@FEWER
def test_any_records_are_taken_fast_and_are_the_same(data: st.DataObject, place: Path) -> None:
    names = st.sampled_from([*EVENT.names, *EVENT.names, "id", "meta", "a b", "it's", 'quo"te', "é", "filename"])
    inner = st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), max_size=5)
    values = VALUES | inner | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False)
    ids = st.none() | st.sampled_from(["", "1", "2", "\u00e9\\", 1, 2.0, True, []]) | inner
    record = st.tuples(st.dictionaries(names, values, max_size=8), ids)
    drawn = data.draw(st.lists(record, max_size=25))
    # One field that is always there: a record of nothing known may have been null.
    elements = [{**fields, "captureId": one, "tenantId": "t1"} for fields, one in drawn]
    payload = json.dumps(elements, ensure_ascii=data.draw(st.booleans())).encode()
    taken = check(place, payload, rows=data.draw(st.integers(1, 30)))
    assert taken or b",}" in payload or b", }" in payload or b":nan" in payload


@given(data=st.data())
def test_any_tokens_and_spaces_are_the_same_or_doubted(data: st.DataObject, place: Path) -> None:
    space = lambda: data.draw(SPACES)  # noqa: E731
    names = st.sampled_from([*EVENT.names, "id", "Str1", "", "\\u0073tr1", "eventTime"])
    elements = []
    for _ in range(data.draw(st.integers(0, 4))):
        if data.draw(st.integers(0, 9)) == 0:
            elements.append(data.draw(st.sampled_from(["null", "5", '"x"', "[]", "true", "{}", "", "[{}]", "nan"])))
            continue
        # Written by hand, so that keys may come twice.
        pairs = [f'"tenantId":{space()}"t1"'] if data.draw(st.booleans()) else []
        for _ in range(data.draw(st.integers(0, 4))):
            token = data.draw(TOKENS | VALUES.map(json.dumps) | anything.map(json.dumps))
            pairs.append(f'{space()}"{data.draw(names)}"{space()}:{space()}{token}{space()}')
        elements.append("{" + ",".join(pairs) + data.draw(st.sampled_from(["", "", "", ",", " , "])) + "}" + space())
    joint = data.draw(st.sampled_from([",", ",", ",", ", ", ",\n", "", ";", ",,"]))
    whole = "[" + space() + joint.join(elements) + space() + "]" + data.draw(ENDS)
    payload = data.draw(st.sampled_from([b"", b"", b"\xef\xbb\xbf", b" \n", b"\x0b"])) + whole.encode()
    if data.draw(st.integers(0, 5)) == 0:
        payload = payload[: data.draw(st.integers(0, len(payload)))]
    if data.draw(st.integers(0, 9)) == 0:
        at = data.draw(st.integers(0, len(payload)))
        payload = payload[:at] + data.draw(st.binary(min_size=1, max_size=2)) + payload[at:]
    check(place, payload)


@given(payload=st.binary() | st.text().map(str.encode) | anything.map(lambda value: json.dumps(value).encode()))
@FEWER
def test_any_bytes_are_the_same_or_doubted(payload: bytes, place: Path) -> None:
    check(place, payload)


DEEP = b"[" * 2000 + b"]" * 2000
DEEPER = b'[{"a":' * 50_000 + b"null" + b"}]" * 50_000
ORDINARY = b'{"captureId":"1","str1":"a"}'


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b" \n",
        b"\xef\xbb\xbf",
        b"<html>",
        b"[null]",
        b"[%s,null]" % ORDINARY,
        b"[%s,5]" % ORDINARY,
        b'[%s,"x"]' % ORDINARY,
        b"[[%s]]" % ORDINARY,
        b"[{}]",
        b'[{"unknown":1}]',
        b'[{"str1":"a","str1":"b"}]',
        b'[{"str1":"\\ud800"}]',
        b'[{"str1":"\xff"}]',
        b'[{"str1":"a\tb"}]',
        b"[%s %s]" % (ORDINARY, ORDINARY),
        b"[%s" % ORDINARY,
        b"[%s," % ORDINARY,
        b"[%s,]" % ORDINARY,
        b"[%s]x" % ORDINARY,
        b"[%s][]" % ORDINARY,
        ORDINARY,
        b'[{"str1":"a",}]',
        b'[{"str1":"a", \n }]',
        b'[{"str1":"a","x":[1,]}]',
        b'[{"str1":"a","x":[1,' + b" " * 100 + b"]}]",
        b"[%s\x0b]" % ORDINARY,
        b"\x0c[%s]" % ORDINARY,
        b'[{"int1":nan}]',
        b'[{"int1":-inf}]',
        b'[{"str1":"a","x":nan}]',
        b'[{"str1":"a","x":{"y":[1,Inf]}}]',
        b'[{"str1":"a","Str1":"b"}]',
        b'[{"str1":"a","":"b"}]',
        b'[{"str1":"a",%s}]' % b",".join(b'"x%d":1' % n for n in range(101)),
        b'[{"str1":"%s"}]' % (b"x" * (40 << 20)),
        "[{}]".encode("utf-16"),
    ],
    ids=lambda payload: payload[:40].decode("latin-1"),
)
def test_what_could_be_read_otherwise_is_doubted(place: Path, payload: bytes) -> None:
    with pytest.raises(FallbackNeeded) as caught:
        fast(place, payload)
    assert str(caught.value).isprintable()
    assert "answer" not in str(caught.value)
    assert caught.value.__context__ is None


@pytest.mark.parametrize(
    "payload",
    [
        b"[]",
        b" \r\n[ ]\n",
        b"\xef\xbb\xbf[%s]" % ORDINARY,
        b"\n [ %s\n,\t%s ] \n" % (ORDINARY, ORDINARY),
        b'[{"str1":"a},{b","str2":"\\"},{\\"","captureId":"\\u0031"}]',
        b'[{"int1":NaN,"str1":-Infinity,"public":1e400}]',
        *(
            b'[{"str1":"a","%s":%s},{"str1":"b","%s":1}]' % (name, value, name)
            for name in (b"x", b"str2", b"int1", b"public", b"interaction", b"eventTime", b"captureId")
            for value in (DEEP, DEEPER, b"9" * 5000)
        ),
        b'[{"int1":18446744073709551617,"int2":-0.0,"int3":1E3,"int4":0.1000,"str1":1e22,"str2":1.50}]',
        b'[{"int1":1.0},{"int1":1},{"int1":"1"},{"int2":1},{"int2":1.0}]',
        b'[{"str1":5},{"str1":"5"},{"str1":"a"},{"str1":"\\u0061"}]',
        b'[{"\\u0073tr1":"a"}]',
        b'[{"str1":"a","x":"finance: nan, inf"}]',
        b'[{"str1":"a","filename":1,"it\'s":2,"\\"":3,"x y":null}]',
        b'[{"captureId":"1","str1":"a"},{"captureId":1,"str1":"b"},{"captureId":"","str1":"c"},{"str1":"b"}]',
        b'[{"captureId":"1","str1":"a"},{"captureId":"\\u0031","str1":"b"},{"captureId":"2"},{"captureId":"2"}]',
    ],
    ids=lambda payload: payload[:40].decode("latin-1"),
)
@pytest.mark.parametrize("rows", [1, 2, 100])
def test_what_is_ordinary_is_taken(place: Path, payload: bytes, rows: int) -> None:
    assert check(place, payload, rows=rows)


def test_every_notation_of_a_date_is_the_same(place: Path) -> None:
    for rows in (1, 7, 1000):
        mixed = [{"eventTime": date, "str1": "a"} for date in [*DATES, None, *DATES]]
        assert check(place, json.dumps(mixed).encode(), rows=rows)
        for date in DATES:
            assert check(place, json.dumps([{"eventTime": date, "str1": "a"}] * 3).encode(), rows=rows)


@pytest.mark.parametrize("shift", range(70))
def test_a_comma_and_its_bracket_may_stand_in_two_blocks(place: Path, shift: int) -> None:
    place.write_bytes(b"[" + b" " * shift + b'{"a":1,   }]')
    with pytest.raises(FallbackNeeded, match="comma"):
        examine(place, block=16)
    place.write_bytes(b"[" + b" " * shift + b'{"a":1,   "b":1}]')
    examine(place, block=16)


def assert_halves(place: Path, payload: bytes) -> bool:
    """Read in two halves it is the same, unless that is in doubt; whether it was taken."""
    place.write_bytes(payload)
    try:
        frame = decode_file(place, EVENT, rows=7, halved_from=0)
    except FallbackNeeded:
        return False
    careful = decode_carefully(payload, EVENT)
    pd.testing.assert_frame_equal(frame, careful)
    assert frame.attrs["report"] == careful.attrs["report"]
    return True


@given(st.lists(st.fixed_dictionaries({"captureId": st.integers(0, 9)}, optional={"str1": VALUES, "id": VALUES})))
@FEWER
def test_in_two_halves_it_is_the_same(place: Path, elements: list[dict[str, Any]]) -> None:
    assert_halves(place, json.dumps(elements, separators=(",", ":")).encode())


def test_a_half_ends_between_two_records_or_is_in_doubt(place: Path) -> None:
    record = {"captureId": None, "eventType": "A", "int1": 1}
    many = [{**record, "captureId": str(number % 40)} for number in range(50)]
    assert assert_halves(place, json.dumps(many, separators=(",", ":")).encode())
    # What begins as records do may still be within one.
    for value, taken in (
        ("},{" * 50, True),
        ([{"x": 1, "captureId": ""}] * 50, True),
        ([record] * 50, False),
        ({"a": [record, {"b": "},{"}] * 20}, False),
    ):
        payload = json.dumps([record, {**record, "str1": value}, record], separators=(",", ":")).encode()
        assert assert_halves(place, payload) == taken
