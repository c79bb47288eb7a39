"""Personal data becomes pseudonyms, whatever it is written like, and nothing else changes."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridrt_client.decoding.decoder import decode, decode_carefully
from gridrt_client.errors import BadSettingError
from gridrt_client.personal_data import Pseudonyms
from gridrt_client.personal_texts import LONGEST, candidates, clear_candidates, find, replaced, scrubbed, spelling
from gridrt_client.schema import EVENT, LATEST_EVENT, SESSION, Schema
from gridrt_client.settings import Settings

KEY = Pseudonyms(b"k")
CLEAR = (
    ("anna@example.com", "anna@example.com"),
    ("Anna.Svensson+shop@Mail.Example.COM", "anna.svensson+shop@mail.example.com"),
    ("anna＠example．com", "anna@example.com"),
    ("a\u200bnna@exa\u00admple.c\u2060om", "anna@example.com"),
    ("an\x00na@example.com", "anna@example.com"),
    ("anna @ example.com", "anna@example.com"),
    ("räksmörgås@exämple.se", "räksmörgås@exämple.se"),
    ("用户@例子。广告", "用户@例子.广告"),
    ("anna@xn--exmple-cua.se", "anna@xn--exmple-cua.se"),
    ('"anna b"@example.com', '"annab"@example.com'),
    ("anna@[192.0.2.1]", "anna@[192.0.2.1]"),
    ("+46 70-123 45 67", "46701234567"),
    ("+46701234567", "46701234567"),
    ("＋４６ ７０ １２３ ４５ ６７", "46701234567"),
    ("+٤٦٧٠١٢٣٤٥٦٧", "46701234567"),
    ("+46\u200b70\u200b1234567", "46701234567"),
    ("0046 70 123 45 67", "46701234567"),
    ("0046701234567", "46701234567"),
    ("(08) 123 45 67", "081234567"),
    ("070-123 45 67", "0701234567"),
    ("555-123-4567", "5551234567"),
)
"""Addresses and numbers anywhere, and one spelling of each."""
WRITTEN = (
    ("0701234567", "0701234567"),
    ("(08) 123 456", "08123456"),
    ("123 45 67", "1234567"),
    ("٠٧٠١٢٣٤٥٦٧", "0701234567"),
    ("0\u200b7\u200b0\u200b1\u200b2\u200b3\u200b4", "0701234"),
)
"""What counts as a number in what people write."""
KEPT = (
    "4006381333931", "00012345678905", "0012345678905", "036000291452", "96385074", "SN-1234-5678-9012", "p-1234567",
    "f47ac10b-58cc-4372-a567-0e02b2c3d479", "2026-11-23T12:20:00.1230000Z", "2026-11-23 12:20:00+01:00",
    "Mon Nov 23 2026 12:20:00 GMT+0100 (CET)", "1795432800000", "03-04-2026 12:30", "1 234 567,00", "1.234.567,00",
    "1234567.89", "19.99", "1.0.0+20240412", "12.34.5678-9012", "192.168.1.100", "10.20.30.40:8080", "kiosk-10-0-0-12",
    "01:23:45:67:89:ab", "https://example.com/p/123456789?x=0701234567", "store@home", "@SUM(1+1)", "a@b", "4111 1111",
    "0701234567", "x" * 20_000, "", "   ",
)  # fmt: skip
"""Codes, serial numbers, ids, times, prices, versions, addresses of machines."""


def masked(schema: Schema, records: list[dict[str, Any]]) -> pd.DataFrame:
    return decode(json.dumps(records).encode(), schema, pseudonyms=KEY).frame


@pytest.mark.parametrize(("text", "plain"), CLEAR, ids=[plain for _, plain in CLEAR])
@pytest.mark.parametrize("around", ["{}", "say {}, or not", "({})", "ring {}.\n", "räk:{}", "a; {} ;b"])
def test_addresses_and_numbers_are_replaced_in_any_text(text: str, plain: str, around: str) -> None:
    for free in (False, True):
        expected = around.format(KEY.of(plain))
        # A parenthesis before or behind a number may be a part of it.
        assert replaced(around.format(text), KEY.of, free=free).strip("()") == expected.strip("()")
    assert candidates(pd.Index([around.format(text)])) == clear_candidates(pd.Index([around.format(text)]), [0]) == [0]


@pytest.mark.parametrize(("text", "plain"), WRITTEN)
def test_what_people_write_is_read_generously(text: str, plain: str) -> None:
    assert replaced(f"ring {text} tack", KEY.of, free=True) == f"ring {KEY.of(plain)} tack"
    assert candidates(pd.Index([text])) == [0]


@pytest.mark.parametrize("text", KEPT)
def test_what_is_no_address_and_no_number_stays(text: str) -> None:
    assert replaced(text, KEY.of) == text
    assert masked(EVENT, [{"eventType": "OWN", "str1": text, "productId": text}]).loc[0, "str1"] == text


@pytest.mark.parametrize(
    "text", ["f47ac10b-58cc-4372-a567-0e02b2c3d479", "on 2026-11-23", "192.168.1.100", "size 42 and 43", "123456"]
)
def test_not_all_that_people_write_is_a_number(text: str) -> None:
    assert replaced(text, KEY.of, free=True) == text


@given(st.text(st.characters(exclude_categories=["Cs"])), st.sampled_from([*CLEAR, *WRITTEN]))
def test_any_text_is_searched_and_the_rest_stays(text: str, known: tuple[str, str]) -> None:
    whole = f"{text} | {known[0]} | {text}"
    found = find(whole, free=True)
    assert any(one.spelling == known[1] for one in found)
    assert [one.start for one in found] == sorted(one.start for one in found)
    outside, at = "", 0
    for one in found:
        outside += whole[at : one.start]
        at = one.end
    assert outside + whole[at:] == replaced(whole, lambda _: "", free=True)
    # What is found is among the candidates, which alone are searched.
    for free in (False, True):
        for place in [0] if find(text, free=free) else []:
            some = candidates(pd.Index([text], dtype="str"))
            assert (some if free else clear_candidates(pd.Index([text], dtype="str"), some)) == [place]


@pytest.mark.parametrize("part", ["1", "a@", "0 ", ".", "+", "(", "a.b-", "00-", '"', "tel ", "1-", "a@a.", "\u200b1"])
def test_no_text_takes_long(part: str) -> None:
    text = part * (LONGEST // len(part))
    began = time.process_time()
    find(text)
    find(text, free=True)
    assert time.process_time() - began < 5
    assert replaced(text + part * LONGEST + "@", lambda _: "-") == "-"


def test_personal_fields_are_replaced_as_a_whole() -> None:
    own = {"ip": "192.0.2.1", "clientId": "c-1"}
    for schema in (SESSION, EVENT, LATEST_EVENT):
        frame = masked(schema, [own, {"ip": "", "clientId": None}, own])
        assert frame["ip"].tolist() == [KEY.of("192.0.2.1"), "", KEY.of("192.0.2.1")]
        assert frame["clientId"].astype(object).fillna("-").tolist() == [KEY.of("c-1"), "-", KEY.of("c-1")]
        assert dict(frame.dtypes.astype(str)) == schema.dtypes


@pytest.mark.parametrize("eventType", ["CONTACT_IDENTIFY", "contact_metadata", " Contact_Own", "\u2003CONTACT_X"])
def test_contacts_are_replaced_in_any_case(eventType: str) -> None:
    frame = masked(EVENT, [
        {"eventType": eventType, "str1": "email", "str2": "Me@Example.com", "str3": "ring 0701234567"},
        {"eventType": eventType, "str1": "name", "str2": "Secret Person"},
        {"eventType": "OWN", "str1": "Secret Person", "str2": "Secret Person", "str3": "ring 0701234567"},
        {"eventType": "SEARCH", "str1": "me@example.com", "str3": "ring 0701234567"},
        {"eventType": eventType, "str2": "0046 70 1234567"}, {"eventType": eventType, "str2": None}, {"str2": "x"},
    ])  # fmt: skip
    email, number = KEY.of("me@example.com"), KEY.of("0701234567")
    assert frame["str1"].astype(object).fillna("-").tolist() == ["email", "name", "Secret Person", email, "-", "-", "-"]
    expected = [email, KEY.of("Secret Person"), "Secret Person", "-", KEY.of("46701234567"), "-", "x"]
    assert frame["str2"].astype(object).fillna("-").tolist() == expected
    expected = [f"ring {number}", "-", "ring 0701234567", f"ring {number}"]
    assert frame["str3"].astype(object).fillna("-").tolist()[:4] == expected
    # As `schema` says: those that occur, in order of first occurrence.
    for name in ("str1", "str2", "str3"):
        assert list(frame[name].cat.categories) == list(dict.fromkeys(frame[name].dropna()))


@given(st.data())
def test_every_field_of_any_record(data: st.DataObject) -> None:
    seeds = st.sampled_from([text for text, _ in CLEAR] + ["plain", "4006381333931", "", None])
    types = st.sampled_from(["CONTACT_X", "FEEDBACK", "SEARCH", "OWN", None])
    record = st.fixed_dictionaries({"eventType": types, **{name: seeds for name in EVENT.names if name != "eventType"}})
    records = data.draw(st.lists(record, min_size=1, max_size=6))
    frame = masked(EVENT, records)
    clear = decode_carefully(json.dumps(records).encode(), EVENT).frame
    assert frame.dtypes.astype(str).tolist() == clear.dtypes.astype(str).tolist()
    pd.testing.assert_frame_equal(frame.isna(), clear.isna())
    ids = {name for name in EVENT.names if not name.startswith(("str", "ip", "clientId"))}
    for name in frame.columns:
        for value, old in zip(frame[name].astype(object), clear[name].astype(object), strict=True):
            if isinstance(old, str) and name in ids and not ({"@", "+", "＠", "＋"} & set(old)):
                assert value == old
            elif isinstance(old, str) and any(old == text for text, _ in CLEAR):
                assert value.startswith("•••")
                assert old not in value


def test_both_decoders_give_the_same(tmp_path: Path) -> None:
    kinds = ("CONTACT_X", "FEEDBACK", "OWN", "SEARCH", " contact_y")
    texts = [text for text, _ in (*CLEAR, *WRITTEN)] + list(KEPT[:8])
    records = [
        {
            "captureId": f"{n}", "eventType": kinds[n % 5], "str1": texts[n % len(texts)],
            "str2": texts[n * 7 % len(texts)],
            "clientId": f"c{n % 300}", "ip": f"192.0.2.{n % 9}", "productId": texts[n * 3 % len(texts)], "int1": n,
        }
        for n in range(6000)
    ]  # fmt: skip
    payload = json.dumps(records).encode()
    file = tmp_path / "answer.json"
    file.write_bytes(payload)
    assert len(payload) > 1 << 20
    fast = decode(file, EVENT, pseudonyms=KEY)
    small = [
        decode(json.dumps(part).encode(), EVENT, pseudonyms=KEY).frame
        for part in (records[at : at + 500] for at in range(0, 6000, 500))
    ]
    plain = pd.concat([frame.astype(object) for frame in small], ignore_index=True)
    pd.testing.assert_frame_equal(fast.frame.astype(object), plain)
    assert decode(file, EVENT).frame["clientId"].iloc[0] == "c0"


def test_a_pseudonym_is_of_its_key_tenant_and_day() -> None:
    def of(value: str, day: int = 23, **changes: str) -> str:
        options: dict[str, Any] = {"tenant_id": "t", "access_token": "a", "pseudonym_key": "k" * 16, **changes}
        return Pseudonyms.of_day(Settings(**options), datetime(2026, 11, day, 23, 59, tzinfo=UTC)).of(value)

    assert of("x") == of("x")
    assert len({of("x"), of("y"), of("x", 24), of("x", tenant_id="u"), of("x", pseudonym_key="l" * 16)}) == 5
    assert of("x", pseudonym_key="") == of("x", pseudonym_key="") != of("x")
    assert of("").startswith("•••") is False


def test_one_spelling_for_equal_contacts() -> None:
    assert spelling("Me@Example.com") == spelling(" me＠example.com ") == "me@example.com"
    assert spelling("+46 70-123 45 67") == spelling("0046701234567") == "46701234567"
    assert spelling("me@example.com and you") == "me@example.com and you"


def test_messages_and_names_of_fields_are_scrubbed() -> None:
    says = scrubbed("client 198.51.100.23 (2001:db8::dead:beef), anna@example.com, +46 70 123 45 67: 12:30, 1.2.3")
    assert says == "client ••• (•••), •••, •••: 12:30, 1.2.3"
    report = decode(b'[{"anna@example.com": 1, "bo@example.com": 2, "own": 1}]', EVENT, pseudonyms=KEY).report
    assert report.unannounced == {"•••": 2, "own": 1}


@pytest.mark.parametrize("key", ["short", " " * 20, "0123456789abcd  "])
def test_a_key_that_can_be_guessed_is_refused_and_not_shown(key: str) -> None:
    with pytest.raises(BadSettingError, match=r"GRIDRT_PSEUDONYM_KEY .* at least 16 characters") as caught:
        Settings(tenant_id="t", access_token="a", pseudonym_key=key)
    assert "short" not in str(caught.value)
