"""Large answers go through the fast decoder; no file is left, and the log gives the reason of a fallback."""

from __future__ import annotations

import json
import logging
import random
import string
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from gridrt_client._resources import FILE_THRESHOLD, TempFile
from gridrt_client.errors import GridError, NotJSONError
from gridrt_client.schema import EVENT, LATEST_EVENT, SESSION
from tests.client.decoding.test_duckdb_json import assert_same, fast
from tests.decoded import decode, decode_carefully


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "answer.json"


def large(changes: bytes = b"") -> bytes:
    """More than a file is worth, in records that come twice, in several batches."""
    chance = random.Random(7)
    some = [
        {
            "captureId": "".join(chance.choices(string.hexdigits, k=24)),
            "str1": chance.choice(["a", "b", None, 5, "5"]),
            "int1": chance.choice([1, 1.0, "x", 2**70]),
            "eventTime": f"2026-11-23T11:{n % 60:02}:00.{n % 1000:03}Z",
            "id": n if n % 3 else None,
        }
        for n in range(12_000)
    ]
    return json.dumps(some + some[5000:9000]).encode()[:-1] + changes + b"]"


def test_large_bytes_and_files_are_decoded_fast(place: Path, caplog: pytest.LogCaptureFixture) -> None:
    payload = large()
    assert len(payload) > FILE_THRESHOLD
    place.write_bytes(payload)
    with caplog.at_level(logging.INFO, "gridrt_client"):
        found = decode(payload, EVENT)
        assert_same(decode(place, EVENT), found)
    assert caplog.records == []
    assert_same(found, decode_carefully(payload, EVENT))
    assert found.attrs["report"].duplicates == 4000
    for rows in (1000, 2048, 5000):
        assert_same(fast(place, payload, rows=rows), found)


def test_what_is_doubted_is_said_in_the_log_without_the_answer(caplog: pytest.LogCaptureFixture) -> None:
    payload = large(b',{"str1":"s3cret","str1":"s3cret"},null')
    with caplog.at_level(logging.INFO, "gridrt_client"):
        found = decode(payload, EVENT, hide="s3cret")
    (said,) = caplog.records
    assert said.levelno == logging.INFO
    assert said.getMessage().startswith("A large answer is decoded the careful way")
    assert "s3cret" not in said.getMessage()
    assert said.exc_info is None
    assert_same(found, decode_carefully(payload, EVENT))
    assert found["str1"].iloc[-1] == "s3cret"


def test_an_error_is_that_of_the_careful_way() -> None:
    for broken in (large()[:-1], large() + b"x", large(b",nan")):
        with pytest.raises(NotJSONError) as careful:
            decode_carefully(broken, EVENT)
        with pytest.raises(GridError) as caught:
            decode(broken, EVENT)
        assert str(caught.value) == str(careful.value)
        assert caught.value.__context__ is None


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("payload", [large(), large()[:-1], large(b",null")], ids=["sound", "cut", "doubted"])
def test_no_file_is_left(temporary: Path, payload: bytes) -> None:
    try:
        decode(payload, EVENT)
    except NotJSONError:
        assert payload == large()[:-1]
    assert list(temporary.iterdir()) == []


def test_a_place_for_files_that_is_missing_costs_only_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "gone"))
    with caplog.at_level(logging.INFO, "gridrt_client"):
        assert len(decode(large(), EVENT)) == 12_000
    # A fetch that another test has left may be logged too.
    logged = [record for record in caplog.records if record.name.startswith("gridrt_client.decoding")]
    assert [record.getMessage()[:40] for record in logged] == ["A large answer is decoded the careful way"[:40]]


def test_a_place_with_signs_of_a_pattern_is_no_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a[b]*?", "it's", "Ünï"):
        (tmp_path / name).mkdir()
        monkeypatch.setattr("tempfile.tempdir", str(tmp_path / name))
        assert len(decode(large(), EVENT)) == 12_000


def test_a_scratch_file_is_private_and_ends_with_its_owner(temporary: Path) -> None:
    scratch = TempFile()
    scratch.write(b"abc")
    assert scratch.path.read_bytes() == b"abc"
    assert scratch.path.stat().st_mode & 0o777 == 0o600
    scratch.close()
    scratch.close()
    assert list(temporary.iterdir()) == []
    TempFile()
    assert list(temporary.iterdir()) == []


def test_an_empty_answer_has_the_dtypes_of_an_empty_frame(place: Path) -> None:
    for schema in (SESSION, EVENT, LATEST_EVENT):
        pd.testing.assert_frame_equal(fast(place, b"[]", schema), schema.empty())


def test_nothing_is_written_to_the_terminal(place: Path) -> None:
    place.write_bytes(large())
    code = (
        "import sys; from pathlib import Path; from gridrt_client.decoding._duckdb_json import decode_file; "
        "from gridrt_client.schema import EVENT; decode_file(Path(sys.argv[1]), EVENT)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(place)], capture_output=True, check=True)
    assert (done.stdout, done.stderr) == (b"", b"")
