"""The decoder with everything that real traffic holds, and the counts of what was left out."""

from __future__ import annotations

import copy
import json
import sys
from typing import Any

import pandas as pd
import pytest

from gridrt_client.answer import NAMED_FIELDS, OTHER_FIELDS, SAMPLED, DecodeReport
from gridrt_client.errors import NotJSONError
from gridrt_client.schema import EVENT, LATEST_EVENT, SESSION, Kind, Schema
from tests.decoded import decode

MISSING = object()


def frame_of(*records: object, schema: Schema = EVENT) -> pd.DataFrame:
    return decode(json.dumps(records).encode(), schema)


def report_of(frame: pd.DataFrame) -> DecodeReport:
    report: DecodeReport = frame.attrs["report"]
    return report


def is_clean(report: DecodeReport) -> bool:
    return not (report.dropped or report.unreadable or report.replaced)


def dtypes_of(frame: pd.DataFrame) -> dict[str, str]:
    return {name: str(dtype) for name, dtype in frame.dtypes.items()}


def values(frame: pd.DataFrame, name: str) -> list[Any]:
    return [MISSING if pd.isna(value) else value for value in frame[name].tolist()]


@pytest.mark.parametrize("schema", [SESSION, EVENT, LATEST_EVENT], ids=lambda schema: schema.name)
@pytest.mark.parametrize("payload", [b"[]", b"[{}]", b'[{"x": 1}, 5]', b'[{"captureId": "1", "int1": 1, "str1": "a"}]'])
def test_columns_and_dtypes_are_always_the_same(schema: Schema, payload: bytes) -> None:
    frame = decode(payload, schema)
    assert dtypes_of(frame) == schema.dtypes
    assert list(frame.columns) == list(schema.names)
    assert isinstance(frame.index, pd.RangeIndex)
    assert dtypes_of(schema.empty()) == schema.dtypes
    for name in set(frame) & {"eventType", "int1", "environment"}:
        assert schema.empty()[name].cat.categories.dtype == frame[name].cat.categories.dtype


def test_the_documented_dtypes() -> None:
    frame = frame_of({"str1": "b", "int1": 2}, {"str1": "a", "int1": 2.0}, {"str1": "b", "int1": None})
    assert dtypes_of(frame)["captureId"] == "str"
    assert dtypes_of(frame)["eventTime"] == "datetime64[us, UTC]"
    assert dtypes_of(frame)["public"] == "float64"
    assert dtypes_of(frame)["interaction"] == "boolean"
    assert dtypes_of(frame)["str1"] == dtypes_of(frame)["int1"] == "category"
    assert frame["str1"].cat.categories.dtype == "str"
    assert frame["int1"].cat.categories.dtype == "object"


def test_categories_stand_in_the_order_of_the_rows() -> None:
    frame = frame_of(*({"str1": one} for one in ("b", None, 5, "a", "b", "5", "")))
    assert frame["str1"].cat.categories.tolist() == ["b", "5", "a", ""]
    assert frame["str1"].cat.codes.tolist() == [0, -1, 1, 2, 0, 1, 3]
    assert not frame["str1"].cat.ordered
    assert frame["str2"].cat.categories.tolist() == []


@pytest.mark.parametrize("written", ["[1.0, 1, 2]", '["1.0", 1, 2]', '[1.0, "+1", "02"]'])
def test_equal_numbers_are_one_category_and_the_first_of_them_stays(written: str) -> None:
    for reverse in (False, True):
        numbers = json.loads(written)[:: -1 if reverse else 1]
        categories = frame_of(*({"int1": one} for one in numbers))["int1"].cat.categories
        assert categories.tolist() == ([2, 1] if reverse else [1, 2])
        assert type(categories[int(reverse)]) is (int if reverse else float)
    categories = frame_of({"int1": 2**53 + 1}, {"int1": float(2**53)}, {"int1": 2**53})["int1"].cat.categories
    assert categories.tolist() == [2**53 + 1, 2**53]


def test_absent_and_null_are_missing_and_not_counted() -> None:
    frame = frame_of({}, dict.fromkeys(EVENT.names))
    assert bool(frame.isna().all(axis=None))
    assert report_of(frame) == DecodeReport(2, 2, {}, 0, {}, {})
    assert is_clean(report_of(frame))
    assert report_of(frame).sentences() == []
    assert frame["int1"].cat.codes.tolist() == [-1, -1]


# kind, value as JSON, what is in the frame
READ = [
    (Kind.TEXT, '"a"', "a"),
    (Kind.TEXT, '""', ""),
    (Kind.TEXT, '" \\u0000\\n"', " \0\n"),
    (Kind.TEXT, "5", "5"),
    (Kind.TEXT, "-1.5", "-1.5"),
    (Kind.TEXT, str(2**70), str(2**70)),
    (Kind.UNIQUE, "5", "5"),
    (Kind.UNIQUE, '" \\u0000\\n"', " \0\n"),
    (Kind.TEXT, '"NaN"', "NaN"),
    (Kind.TEXT, '"\\ud83d\\ude00"', "😀"),
    (Kind.EXACT, "5", 5),
    (Kind.EXACT, str(2**53 + 1), 2**53 + 1),
    (Kind.EXACT, str(-(2**80)), -(2**80)),
    (Kind.EXACT, "0.1", 0.1),
    (Kind.EXACT, "1e3", 1000.0),
    (Kind.EXACT, f'"{2**63 + 1}"', 2**63 + 1),
    (Kind.EXACT, '" 12.50 "', 12.5),
    (Kind.EXACT, '"-3"', -3),
    (Kind.NUMBER, "59", 59.0),
    (Kind.NUMBER, "-181.5", -181.5),
    (Kind.NUMBER, '"1e2"', 100.0),
    (Kind.NUMBER, str(10**300), 1e300),
    (Kind.BOOLEAN, "true", True),
    (Kind.BOOLEAN, "false", False),
    (Kind.BOOLEAN, '"TRUE"', True),
    (Kind.BOOLEAN, '"False"', False),
    (Kind.BOOLEAN, "1", True),
    (Kind.BOOLEAN, "0", False),
    (Kind.BOOLEAN, "1.0", True),
]
NO_NUMBERS = ("nan", "inf", "-Infinity", "1_0", "1e999", "٣", "1,5", "0x1", "1 2")
UNREAD = [
    *((kind, written) for kind in Kind for written in ("[]", "{}", '[["a"]]', "NaN", "-Infinity", "1e999", "9" * 5000)),
    *((kind, "true") for kind in Kind if kind is not Kind.BOOLEAN),
    *((kind, '"x"') for kind in Kind if kind not in (Kind.TEXT, Kind.UNIQUE)),
    *((kind, '""') for kind in Kind if kind not in (Kind.TEXT, Kind.UNIQUE)),
    *(
        (kind, f'"{written}"')
        for kind in (Kind.EXACT, Kind.NUMBER)
        for written in ("nan", "inf", "1_0", "1e999", "٣", "1,5", "0x1")
    ),
    (Kind.EXACT, f'"{"9" * 5000}"'),
    (Kind.NUMBER, "1" + "0" * 400),
    (Kind.NUMBER, f'"1{"0" * 400}"'),
    (Kind.BOOLEAN, "2"),
    (Kind.BOOLEAN, '"yes"'),
]
FIELD = {
    Kind.TEXT: "str1",
    Kind.UNIQUE: "captureId",
    Kind.EXACT: "int1",
    Kind.NUMBER: "public",
    Kind.BOOLEAN: "interaction",
    Kind.DATE: "eventTime",
}


@pytest.mark.parametrize(("kind", "written", "expected"), READ)
@pytest.mark.parametrize("beside", ["", '{"X": 1}, {"X": null}, '], ids=["alone", "beside others"])
def test_a_value_is_read_exactly(kind: Kind, written: str, expected: object, beside: str) -> None:
    name = FIELD[kind]
    frame = decode(f'[{beside}{{"{name}": {written}}}]'.replace("X", name).encode(), EVENT)
    found = values(frame, name)[-1]
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(("kind", "written"), UNREAD)
def test_a_value_that_cannot_be_read_is_missing_and_counted(kind: Kind, written: str) -> None:
    name = FIELD[kind]
    sound = {
        Kind.TEXT: '"a"',
        Kind.UNIQUE: '"a"',
        Kind.EXACT: "1",
        Kind.NUMBER: "1",
        Kind.BOOLEAN: "true",
        Kind.DATE: "0",
    }[kind]
    payload = f'[{{"{name}": {written}, "str2": "1"}}, {{"{name}": null}}, {{"{name}": {sound}}}]'
    frame = decode(payload.encode(), EVENT)
    assert [value is MISSING for value in values(frame, name)] == [True, True, False]
    assert report_of(frame).unreadable == {name: 1}
    assert frame["str2"].iloc[0] == "1"
    assert not is_clean(report_of(frame))
    assert report_of(frame).sentences() == [f"Could not be read and is missing: {name} in 1 record."]


def test_numbers_of_any_length_cost_only_their_own_value() -> None:
    digits = sys.get_int_max_str_digits()
    frame = decode(f'[{{"int1": {"7" * digits}, "int2": -{"7" * (digits + 1)}, "str1": "a"}}]'.encode(), EVENT)
    assert frame["int1"].iloc[0] == int("7" * digits)
    assert pd.isna(frame["int2"].iloc[0])
    assert frame["str1"].iloc[0] == "a"
    with pytest.raises(NotJSONError):
        decode(f"[{'7' * (digits + 1)}, oops]".encode(), EVENT)
    deep = "[" * 200_000 + "]" * 200_000
    for elements in (f"{'7' * (digits + 1)}, {deep}", f"{deep}, {'7' * (digits + 1)}"):
        frame = decode(f'[{elements}, {{"str1": "a"}}]'.encode(), EVENT)
        assert values(frame, "str1") == ["a"]
        assert report_of(frame).dropped == {"not an object": 2}


def test_places_out_of_range_stay_as_they_are() -> None:
    frame = frame_of({"latitude": 91, "longitude": -1e6, "locationAccuracy": -1}, schema=SESSION)
    assert frame[["latitude", "longitude", "locationAccuracy"]].to_numpy().tolist() == [[91, -1e6, -1]]
    assert is_clean(report_of(frame))


def test_elements_that_are_no_objects_are_dropped_and_counted() -> None:
    frame = frame_of({"str1": "a"}, None, 5, "x", ["y"], True, {"str1": "b"})
    assert values(frame, "str1") == ["a", "b"]
    assert report_of(frame).dropped == {"not an object": 5}
    assert report_of(frame).sentences() == ["5 records were not objects and were left out."]
    assert report_of(frame_of(7)).sentences() == ["1 record was not an object and was left out."]


def test_of_doubled_records_the_first_stays() -> None:
    records = [
        {"captureId": "1", "str1": "first"},
        {"captureId": "2", "int1": "?"},
        {"captureId": "1", "str1": "again", "int1": "?", "new": 1},
        {"captureId": 1, "str1": "the same id as a number"},
        {"str1": "without"},
        {"str1": "without"},
        {"captureId": None},
        {"captureId": ""},
        {"captureId": ""},
        {"captureId": {}},
        {"captureId": {}},
    ]
    frame = frame_of(*records)
    assert values(frame, "str1")[:4] == ["first", MISSING, "without", "without"]
    assert report_of(frame) == DecodeReport(11, 9, {}, 2, {"captureId": 2, "int1": 1}, {})
    assert report_of(frame).sentences()[0] == "2 records arrived again with a captureId seen before and counted once."


def test_records_stay_in_order() -> None:
    ids = [str(n * 7919 % 1000) for n in range(1000)]
    assert values(frame_of(*({"captureId": one} for one in ids)), "captureId") == ids


def test_unannounced_fields_are_counted_and_harmless() -> None:
    frame = frame_of({"id": 1, "environment": {"a": [1]}}, {"id": None}, {"str1": "a"})
    assert report_of(frame).unannounced == {"id": 1, "environment": 1}
    assert is_clean(report_of(frame))
    assert report_of(frame).sentences() == [
        "Fields beyond the API's description are not shown, which is harmless: environment (1 record), id (1 record)."
    ]


def test_unannounced_fields_are_looked_for_in_the_beginning() -> None:
    before = [5, *({} for _ in range(SAMPLED - 2))]
    frame = frame_of(*before, {"known": None, "nothing": None}, {"late": 1, "known": 1}, {"known": {}})
    assert report_of(frame).unannounced == {"known": 2}


def test_a_report_stays_small_and_plain_whatever_the_names() -> None:
    names = [f"<b>\n{n}\u202e{'x' * 500}\ud800" for n in range(NAMED_FIELDS + 50)]
    report = report_of(frame_of(dict.fromkeys(names, 1), {"": 1}))
    assert len(report.unannounced) == NAMED_FIELDS + 1
    assert report.unannounced[OTHER_FIELDS] == 51
    (sentence,) = report.sentences()
    assert sentence.isprintable()
    assert len(sentence) < 700
    assert sentence.endswith(f"{NAMED_FIELDS + 1 - 8} more.")


def test_counts_have_thousands_separators() -> None:
    report = DecodeReport(
        5_000_000, 0, {"not an object": 1234, "odd": 2}, 1000, {"int1": 12_345}, {"id": 1_000_000}, 9999
    )
    assert report.sentences() == [
        "1,234 records were not objects and were left out.",
        "2 records left out: odd.",
        "1,000 records arrived again with a captureId seen before and counted once.",
        "Could not be read and is missing: int1 in 12,345 records.",
        "Unreadable characters in texts, shown as \ufffd: 9,999.",
        "Fields beyond the API's description are not shown, which is harmless: id (1,000,000 records).",
    ]


def test_the_last_of_equal_keys_wins() -> None:
    assert values(decode(b'[{"str1": "a", "str1": "b"}]', EVENT), "str1") == ["b"]


def test_a_byte_order_mark_and_space_around_are_no_matter() -> None:
    assert len(decode(b'\xef\xbb\xbf \n[{"str1": "a"}]\n ', EVENT)) == 1


def test_what_is_no_utf8_is_replaced_and_counted() -> None:
    frame = decode(b'[{"str1": "a\xffb", "str2": "\xef\xbf\xbd", "str3": "\xed\xa0\x80"}]', EVENT)
    assert values(frame, "str1") == ["a\ufffdb"]
    assert values(frame, "str2") == ["\ufffd"]
    assert report_of(frame).replaced == 4
    assert not is_clean(report_of(frame))


def test_half_characters_are_replaced_and_counted() -> None:
    frame = decode(b'[{"str1": "a\\ud800b\\udfff", "str2": "\\ud83d\\ude00"}, {"str1": "c"}, {}]', EVENT)
    assert values(frame, "str1") == ["a\ufffdb\ufffd", "c", MISSING]
    assert values(frame, "str2")[0] == "😀"
    assert report_of(frame).replaced == 2


def test_raw_control_characters_in_a_text_are_accepted() -> None:
    assert values(decode(b'[{"str1": "a\tb\nc"}]', EVENT), "str1") == ["a\tb\nc"]


def test_a_frame_with_its_report_can_be_copied_and_written() -> None:
    frame = frame_of({"captureId": "1", "id": 5}, {"captureId": "1"})
    report = report_of(frame)
    for other in (frame.copy(), frame.copy(deep=False), frame[["str1"]], frame.head(1), copy.deepcopy(frame)):
        assert other.attrs["report"] is report
    assert json.loads(json.dumps(frame.attrs))["report"][:2] == [2, 1]


def test_nothing_not_a_number_is_left_in_exact_numbers() -> None:
    frame = decode(b'[{"int1": NaN}, {"int1": 1.5}, {"int1": "Infinity"}, {"int1": 3}]', EVENT)
    assert frame["int1"].cat.categories.tolist() == [1.5, 3]
    assert frame["int1"].cat.codes.tolist() == [-1, 0, -1, 1]
