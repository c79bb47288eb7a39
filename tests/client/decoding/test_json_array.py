"""Arrays of any size and depth: their parts hold what `json` reads, within bounded time and memory."""

from __future__ import annotations

import json
import math
from collections.abc import Collection
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridrt_client.decoding._json_array import NoArrayError, array_elements, loads
from tests.client.decoding.test_any_payload import anything

TEXTS = st.sampled_from(['"', "\\", '\\"', "\\\\", '[{"', "]},", "a,b", "\\\\\\", "é", "", "\x00", "\ud800"])


def elements_of(payload: bytes, chunk: int, wanted: Collection[str] = ()) -> tuple[list[Any], int]:
    parts = list(array_elements(payload, wanted, chunk))
    return [element for part, _ in parts for element in part], sum(replaced for _, replaced in parts)


@given(
    elements=st.lists(anything | TEXTS | st.dictionaries(TEXTS, TEXTS | anything, max_size=3), max_size=8),
    chunk=st.integers(1, 80),
    indent=st.sampled_from([None, 1]),
    ascii_only=st.booleans(),
)
def test_cut_anywhere_the_elements_are_the_same(
    elements: list[Any], chunk: int, indent: int | None, ascii_only: bool
) -> None:
    written = json.dumps(elements, indent=indent, ensure_ascii=ascii_only).encode("utf-8", "replace")
    whole = json.loads(written)
    wanted = ["a", "", "é", '"']
    found, replaced = elements_of(b" \n" + written + b"\r\n", chunk, wanted)
    assert len(found) == len(whole)
    assert replaced == 0
    for one, other in zip(found, whole, strict=True):
        assert type(one) is type(other)
        # In what is larger than a part nothing nested is built, and nothing read that is not wanted.
        if isinstance(one, dict):
            assert list(one) == list(other)
            for name, value in one.items():
                assert (value is None) == (other[name] is None)
                assert name not in wanted or same(value, other[name])
        else:
            assert same(one, other)


def same(one: Any, other: Any) -> bool:
    return type(one) is type(other) and (isinstance(one, (list, dict)) or one == other or math.isnan(one))


@given(payload=st.binary() | st.text('[]{},"\\ a1', max_size=30).map(str.encode), chunk=st.integers(1, 9))
def test_what_is_no_array_is_refused_however_it_is_cut(payload: bytes, chunk: int) -> None:
    try:
        found = json.loads(payload.decode(errors="replace"), strict=False)
    except ValueError:
        found = None
    try:
        elements, _ = elements_of(b"[" + payload + b"]", 1 << 20)
    except NoArrayError:
        elements = None
    try:
        cut, _ = elements_of(b"[" + payload + b"]", chunk)
    except NoArrayError:
        cut = None
    # Cut, what is nested in a large element need not be right, but has to end.
    if elements is not None:
        assert cut is not None
        assert len(cut) == len(elements)
    if cut is not None and elements is None:
        assert any(isinstance(element, (list, dict)) for element in cut)
    assert found is None or elements is not None


@pytest.mark.parametrize(
    "payload", [b"", b" ", b"{}", b"5", b"[", b"[1,", b"[1,]", b"[,1]", b"[1,,2]", b"[1]]", b"[1}"]
)
@pytest.mark.parametrize("chunk", [1, 2, 3, 100])
def test_broken_arrays(payload: bytes, chunk: int) -> None:
    with pytest.raises(NoArrayError) as caught:
        elements_of(payload, chunk)
    assert caught.value.__context__ is None


@pytest.mark.parametrize("depth", [50, 1500, 100_000, 1_000_000])
@pytest.mark.parametrize("chunk", [1000, 1 << 20])
def test_any_depth(depth: int, chunk: int) -> None:
    deep = b"[" * depth + b'{"a":"]"}' + b"]" * depth
    found, _ = elements_of(b'[{"a":' + deep + b',"b":1},' + deep + b',{"c":"d"}]', chunk, "abc")
    assert [type(one) for one in found] == [dict, list, dict]
    assert (found[0]["b"], found[2]) == (1, {"c": "d"})
    assert isinstance(found[0]["a"], list)


def test_deep_and_endless_together() -> None:
    deep, endless = "[" * 5000 + "]" * 5000, "9" * 5000
    for text in (f"[{deep},{endless}]", f"[{endless},{deep}]", f'{{"a":{endless},"b":{deep}}}'):
        assert len(loads(text)) == 2
    for broken in (f"[{deep},{endless}", f"[{endless},{deep}}}", "[" * 5000 + "]" * 4999):
        with pytest.raises(json.JSONDecodeError):
            loads(broken)


@pytest.mark.parametrize("chunk", [100, 1000])
def test_of_a_large_object_only_what_is_wanted_is_read(chunk: int) -> None:
    record = {
        "a": "x" * 5000,
        "x": "y" * 5000 + '"',
        "n" * 5000: [1] * 5000,
        "\\" * 3000: "\\" * 3000,
        "é": {"": [[]] * 3000},
        "none": None,
        "b": 5,
        **{f"f{n}": n for n in range(500)},
    }
    found, _ = elements_of(json.dumps([5, record, {"b": 6}]).encode(), chunk, ["a", "b", "é"])
    assert found[0] == 5
    assert found[2]["b"] in (6, True)
    assert (found[1]["a"], found[1]["b"], found[1]["é"]) == (record["a"], 5, {})
    assert (found[1]["x"], found[1]["none"], found[1]["f499"]) == (True, None, True)
    assert len(found[1]) == len(record)
    assert max(map(len, found[1])) == 1000


@pytest.mark.parametrize("wrong", ['"a":"x" "y"', '"a"', '"a":', ":1", '"a":1,', ',"a":1', "1", '"a":"x"]', '{"a":1}'])
@pytest.mark.parametrize("size", [1, 300])
def test_a_large_object_that_is_none_is_refused(wrong: str, size: int) -> None:
    for text in (wrong.replace("x", "x" * size), wrong.replace("a", "a" * size)):
        payload = f'[1,{{"b":2,{text},"c":{[3] * 200}}},4]'
        with pytest.raises(NoArrayError):
            elements_of(payload.encode(), 50)


def test_bytes_that_are_no_text_are_counted_once() -> None:
    payload = b"[" + b",".join([b'"\xff\xfe"', b'"\xef\xbf\xbd"', b'"\xe2\x82"'] * 50) + b"]"
    for chunk in (1, 7, 10_000):
        found, replaced = elements_of(payload, chunk)
        assert found == ["\ufffd\ufffd", "\ufffd", "\ufffd"] * 50
        assert replaced == 150
