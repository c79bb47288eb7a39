"""The body of a response: where it is kept, that nothing is left of it, and progress."""

from __future__ import annotations

import errno
import gzip
import json
import logging
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from gridrt_client import RealtimeClient, Settings, errors
from gridrt_client._resources import FILE_THRESHOLD
from gridrt_client.queries import EventsQuery
from gridrt_client.transport._body import Body, NoRoomError
from gridrt_client.transport.transport import Transport
from tests.client.conftest import PATH, TOKEN
from tests.client.server import Exchange, Server, drip, reply

RECORDS = [{"captureId": f"{n:06}", "str1": "x" * 50, "eventTime": "2026-11-23T11:20:00.123Z"} for n in range(20_000)]
LARGE = json.dumps(RECORDS).encode()


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


def settings_of(server: Server, **changes: object) -> Settings:
    options = {"tenant_id": "tenant", "access_token": TOKEN, "base_url": server.url, "retries": 0}
    return Settings(**{**options, **changes})  # type: ignore[arg-type]


def pausing(body: bytes, pauses: int) -> object:
    """The body in parts, long enough apart for each to be told of."""

    def answer(exchange: Exchange) -> None:
        exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body))
        for part in range(pauses):
            size = -(-len(body) // pauses)
            exchange.send(body[part * size : (part + 1) * size])
            exchange.stopping.wait(0.12)

    return answer


@pytest.fixture(params=["nameless", "named"])
def named(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether files have names, as on systems without /proc."""
    if request.param == "named":
        monkeypatch.setattr("gridrt_client._resources._DESCRIPTORS", Path("/nowhere"))
    elif not Path("/proc/self/fd").is_dir():
        pytest.skip("there is no /proc")
    return bool(request.param == "named")


def test_a_large_body_is_in_a_private_file_until_it_is_closed(temporary: Path, named: bool) -> None:
    assert len(LARGE) > FILE_THRESHOLD
    with Server([reply(body=LARGE)]) as server:
        transport = Transport(settings_of(server))
        with transport.get(PATH).body as body:
            path = body.content
            assert isinstance(path, Path)
            assert list(temporary.iterdir()) == ([path] if named else [])
            assert path.stat().st_mode & 0o777 == 0o600
            assert (body.size, path.read_bytes(), body.read()) == (len(LARGE), LARGE, LARGE)
        assert list(temporary.iterdir()) == []
        transport.close()


def test_a_small_body_is_in_memory(temporary: Path) -> None:
    body = Body(b"x" * FILE_THRESHOLD)
    assert body.content == b"x" * FILE_THRESHOLD
    assert list(temporary.iterdir()) == []
    body.write(b"y")
    assert isinstance(body.content, Path)
    assert body.read() == b"x" * FILE_THRESHOLD + b"y"
    body.close()


@pytest.mark.parametrize(
    ("answer", "changes", "kind"),
    [
        (reply(body=LARGE, length=len(LARGE) + 9, Connection="close"), {"read_timeout": 0.3}, errors.GridError),
        (reply(body=LARGE[:-1]), {}, errors.NotJSONError),
        (
            reply(body=gzip.compress(LARGE), Content_Encoding="gzip"),
            {"max_bytes": len(LARGE) - 1},
            errors.TooLargeError,
        ),
        (reply(body=gzip.compress(LARGE)[:-50], Content_Encoding="gzip"), {}, errors.GridError),
        (pausing(LARGE, 20), {"total_timeout": 0.5}, errors.GridTimeoutError),
    ],
    ids=["short", "cut", "too large", "damaged", "late"],
)
def test_no_file_is_left_after_an_error(
    temporary: Path, answer: object, changes: dict[str, object], kind: type[errors.GridError]
) -> None:
    with Server([answer]) as server, RealtimeClient(settings_of(server, **changes)) as client:  # type: ignore[list-item]
        with pytest.raises(kind):
            client.events()
        assert list(temporary.iterdir()) == []


def test_no_file_is_left_when_the_caller_fails(temporary: Path) -> None:
    def fail(received: int, announced: int | None) -> None:
        if received > FILE_THRESHOLD:
            raise RuntimeError("of the caller")

    with Server([reply(body=LARGE)]) as server, RealtimeClient(settings_of(server)) as client:
        with pytest.raises(RuntimeError, match="of the caller"):
            client.fetch(EventsQuery(), fail)
        assert list(temporary.iterdir()) == []
        assert len(client.events()) == len(RECORDS)


def test_a_body_is_read_by_several_at_the_same_time(named: bool) -> None:
    with Body(LARGE) as body:
        path = body.content
        assert isinstance(path, Path)
        with path.open("rb") as first, path.open("rb") as second:
            assert first.read(100) == second.read(100) == LARGE[:100]
            body.write(b"]")
            assert first.read() == second.read() == LARGE[100:] + b"]"


def test_no_file_is_left_when_the_process_ends(temporary: Path) -> None:
    code = (
        "import sys; from gridrt_client.transport._body import Body; b = Body(b'x' * 2_000_000);"
        "sys.exit(str(b.content.stat().st_size))"
    )
    environment = {**os.environ, "TMPDIR": str(temporary)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert done.stderr == "2000000\n"
    assert list(temporary.iterdir()) == []


_DOWNLOAD = """
from gridrt_client import RealtimeClient
from gridrt_client.queries import EventsQuery
RealtimeClient.from_env().fetch(EventsQuery(), lambda received, _: print(received, flush=True))
"""


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="elsewhere a process that is killed leaves its files")
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_a_process_that_is_killed_while_it_downloads_leaves_no_file(temporary: Path, how: signal.Signals) -> None:
    with Server([drip(b"HTTP/1.1 200 OK\r\nContent-Length: 9000000\r\n\r\n" + LARGE)]) as server:
        environment = {
            **os.environ,
            "TMPDIR": str(temporary),
            "GRIDRT_BASE_URL": server.url,
            "GRIDRT_TENANT_ID": "tenant",
            "GRIDRT_ACCESS_TOKEN": TOKEN,
        }
        with subprocess.Popen([sys.executable, "-c", _DOWNLOAD], env=environment, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            while int(process.stdout.readline()) < len(LARGE):
                pass
            process.send_signal(how)
            assert process.wait(20) == -how
    assert list(temporary.iterdir()) == []


def test_all_bodies_together_have_a_limit() -> None:
    bodies = [Body(b"x" * 1000, most_together=3000) for _ in range(3)]
    late = Body(most_together=3000)
    with pytest.raises(NoRoomError):
        late.write(b"x")
    assert late.size == 0
    bodies[0].close()
    late.write(b"x" * 1000)
    with pytest.raises(NoRoomError, match=r"larger than 2\.9 KiB together"):
        late.write(b"x")
    del bodies
    late.write(b"x" * 2000)
    late.close()
    late.close()
    with Body(most_together=3000) as again:
        again.write(b"x" * 3000)


def test_answers_that_arrive_together_are_too_large_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gridrt_client.transport.transport.TOGETHER", 4_000_000)
    body = b"[" + b" " * 1_500_000 + b"]"
    with Server([reply(body=body)]) as server:
        transport = Transport(settings_of(server, max_bytes=2_000_000))
        first, second = transport.get(PATH), transport.get(PATH)
        with pytest.raises(errors.TooLargeError, match=r"All answers that arrive .* 3\.8 MiB together\. Try again"):
            transport.get(PATH)
        first.body.close()
        transport.get(PATH).body.close()
        second.body.close()
        transport.close()


def fill_disk(monkeypatch: pytest.MonkeyPatch, room: int) -> None:
    """Let temporary files take ``room`` bytes in all, and no more."""
    left, write = room, os.write

    def filling(file: int, data: memoryview) -> int:
        nonlocal left
        if not left:
            raise OSError(errno.ENOSPC, "No space left on device")
        written = write(file, data[:left])
        left -= written
        return written

    monkeypatch.setattr("gridrt_client._resources.os.write", filling)


@pytest.mark.parametrize("room", [0, 1_500_000])
def test_without_a_file_a_body_is_no_larger_than_memory_allows(
    temporary: Path, monkeypatch: pytest.MonkeyPatch, room: int
) -> None:
    fill_disk(monkeypatch, room)
    monkeypatch.setattr("gridrt_client.transport._body.MOST_IN_MEMORY", 1_300_000)
    with Server([reply(body=LARGE)]) as server, RealtimeClient(settings_of(server)) as client:
        with pytest.raises(errors.TooLargeError, match=r"no place for a temporary file"):
            client.events()
        assert list(temporary.iterdir()) == []


def test_without_a_place_for_files_it_stays_in_memory(
    temporary: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(temporary / "gone"))
    caplog.set_level(logging.INFO, "gridrt_client.transport")
    with Server([reply(body=LARGE)]) as server, RealtimeClient(settings_of(server)) as client:
        assert len(client.events()) == len(RECORDS)
    assert [record.getMessage()[:38] for record in caplog.records] == ["A large answer is kept in memory, beca"]


@pytest.mark.parametrize("room", [0, FILE_THRESHOLD // 2, FILE_THRESHOLD + 300_000, 2 * FILE_THRESHOLD])
def test_a_disk_that_gets_full_costs_nothing_of_the_answer(
    temporary: Path, monkeypatch: pytest.MonkeyPatch, room: int
) -> None:
    fill_disk(monkeypatch, room)
    body = Body()
    content = LARGE * 2
    for start in range(0, len(content), 100_000):
        body.write(content[start : start + 100_000])
    assert body.size == len(content)
    assert body.read() == body.content == content
    assert list(temporary.iterdir()) == []


def test_progress_is_told_with_the_announced_size() -> None:
    told: list[tuple[int, int | None]] = []
    with Server([pausing(LARGE, 4)]) as server, RealtimeClient(settings_of(server)) as client:  # type: ignore[list-item]
        client.fetch(EventsQuery(), lambda received, announced: told.append((received, announced)))
    assert 3 <= len(told) <= 12
    assert told == sorted(told)
    assert told[-1] == (len(LARGE), len(LARGE))
    assert {announced for _, announced in told} == {len(LARGE)}


def test_progress_of_a_packed_answer_has_no_announced_size() -> None:
    told: list[tuple[int, int | None]] = []
    answer = reply(body=gzip.compress(LARGE), Content_Encoding="gzip")
    with Server([answer]) as server, RealtimeClient(settings_of(server)) as client:
        client.fetch(EventsQuery(), lambda received, announced: told.append((received, announced)))
    assert told[-1] == (len(LARGE), None)


def test_packing_is_asked_for_only_from_another_machine() -> None:
    with Server([reply()]) as server:
        Transport(settings_of(server)).get(PATH)
        assert server.seen[0].headers["Accept-Encoding"] == "identity"
    far = Transport(Settings(tenant_id="tenant", access_token=TOKEN))
    assert far._session.headers["Accept-Encoding"] == "gzip"
