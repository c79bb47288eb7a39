"""Payloads that are no array of records: the error says what they are, and shows no secret."""

from __future__ import annotations

import json

import pytest

from gridrt_client.errors import NotAnArrayError, NotJSONError
from gridrt_client.schema import EVENT
from tests.decoded import decode


@pytest.mark.parametrize(
    ("payload", "said"),
    [
        (b"", "The answer is empty"),
        (b" \n\t", "The answer is empty"),
        (b"\xef\xbb\xbf", "The answer is empty"),
        (b"<!DOCTYPE html><html>", "a sign-in page or a proxy answered"),
        (b"\n  <html><body>Sign in</body></html>", "a sign-in page or a proxy answered"),
        (b'<?xml version="1.0"?>', "a sign-in page or a proxy answered"),
        (b"[", "breaks off after 1 bytes"),
        (b'[{"captureId": "1"}', "breaks off"),
        (b'[{"captureId": "1"}, {"captureId": "ab', "breaks off"),
        (b'[{"captureId": "1"}, {"captureId": tru', "breaks off"),
        (b'[{"captureId": "1"},', "breaks off"),
        (b"[1] [2]", "no JSON"),
        (b"[1,]", "no JSON"),
        (b"Bad\x00 gateway", r"no JSON \(Expecting value\)\. Check"),
        (b"{'a': 1}", "no JSON"),
        (b"[" * 1_000_000 + b"]" * 999_999, "breaks off"),
        (b'[{"x": ' + b'{"x": ' * 300_000 + b"1" + b"}" * 300_000 + b"]", "no JSON"),
        (b"\x1f\x8b\x08\x00", "no JSON"),
    ],
)
def test_what_is_no_json_says_what_it_is(payload: bytes, said: str) -> None:
    with pytest.raises(NotJSONError, match=said) as caught:
        decode(payload, EVENT)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 350
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


@pytest.mark.parametrize(
    "payload", [b'[{"ip":"198.51"},]', b'{"ip":"198.51",}', b' [{"ip":"198.51" x}]', b"198.51 anna@example.com"]
)
def test_no_record_is_shown(payload: bytes) -> None:
    with pytest.raises(NotJSONError, match="The answer is no JSON") as caught:
        decode(payload, EVENT)
    assert "198" not in str(caught.value)
    assert "anna" not in str(caught.value)


@pytest.mark.parametrize(
    ("payload", "said"),
    [
        (b"{}", "The answer is an object instead of an array of records. "),
        (b'{"message": "Service\\n moved"}', "an object .* which says: “Service moved”"),
        (b'{"error": {"message": "No"}}', "“No”"),
        (b'"text"', "a text instead"),
        (b"12", "a number instead"),
        (b"1.5", "a number instead"),
        (b"true", "true or false instead"),
        (b"null", "null instead"),
    ],
)
def test_what_is_no_array_says_what_it_is(payload: bytes, said: str) -> None:
    with pytest.raises(NotAnArrayError, match=said):
        decode(payload, EVENT)


def test_a_message_is_bounded_and_holds_no_credential() -> None:
    for secret in ("s3cret", "a/b+c="):
        written = json.dumps("x" * 150 + secret * 200).replace("/", "\\/")
        with pytest.raises(NotAnArrayError) as caught:
            decode(b'{"message": %s}' % written.encode(), EVENT, hide=secret)
        assert len(caught.value.message) < 300
        assert secret[:4] not in str(caught.value)
        with pytest.raises(NotJSONError) as broken:
            decode(f"oops {secret}".encode(), EVENT, hide=secret)
        assert secret not in str(broken.value)
