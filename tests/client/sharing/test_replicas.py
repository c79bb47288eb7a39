"""The notes of processes in Redis: who has the token is believed, and nobody else."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gridrt_client import Settings
from gridrt_client.sharing._messages import Sealer
from gridrt_client.sharing.replicas import KEPT_SECONDS, ReplicaNote, ReplicaNotes
from tests.client.sharing.conftest import Replica
from tests.client.sharing.fetches import TOKEN
from tests.redis_server import RedisServer

NOW = datetime.now(UTC)
NOTE = ReplicaNote("0123abcd", "0.1.0", NOW - timedelta(hours=1), 7, NOW - timedelta(seconds=9), NOW)
YOUNGER = replace(NOTE, identifier="ffffffff", started_at=NOW, answered_at=None)


def test_each_process_sees_all_until_they_end_or_expire(replica: Replica, redis_server: RedisServer) -> None:
    one, another = (ReplicaNotes(replica()[1], TOKEN) for _ in range(2))
    assert one.read() == []
    another.write(YOUNGER)
    one.write(NOTE)
    one.write(replace(NOTE, sessions=8))
    assert another.read() == [replace(NOTE, sessions=8), YOUNGER]
    for name in redis_server.names("gridrt:*"):
        assert 0 < redis_server.client.pttl(name) <= KEPT_SECONDS * 1000
    one.remove(NOTE.identifier)
    assert one.read() == [YOUNGER]
    assert TOKEN.encode() not in redis_server.everything()
    assert b"0.1.0" not in redis_server.everything()


def forged(**changes: Any) -> Callable[[Sealer, str], bytes]:
    content = {
        "identifier": NOTE.identifier,
        "version": "1",
        "sessions": 1,
        "answered_at": None,
        "started_at": NOW.isoformat(),
        "noted_at": NOW.isoformat(),
    }
    return lambda sealer, name: sealer.sealed_json(name, content | changes)


@pytest.mark.parametrize(
    "data",
    [
        lambda _sealer, _name: b"\x80\x04cos\nsystem\n(S'true'\ntR.",
        lambda _sealer, _name: json.dumps({"identifier": NOTE.identifier}).encode(),
        lambda _sealer, name: Sealer("another token").sealed_json(name, {}),
        lambda sealer, _name: sealer.sealed_json("another name", {}),
        lambda sealer, name: sealer.sealed(name, b"x" * 5_000),
        lambda sealer, name: sealer.sealed(name, b"[" * 1_000),
        forged(identifier="ffffffff"),
        forged(identifier="0123abcd\n"),
        forged(sessions=-1),
        forged(sessions=True),
        forged(sessions="7"),
        forged(version=None),
        forged(started_at="yesterday"),
        forged(started_at="2026-11-23T12:00:00"),
        forged(noted_at="9999-12-31T23:59:59+00:00"),
        forged(answered_at=5),
    ],
)
def test_what_is_no_note_is_left_out(
    data: Callable[[Sealer, str], bytes], replica: Replica, redis_server: RedisServer
) -> None:
    notes, sealer = ReplicaNotes(replica()[1], TOKEN), Sealer(TOKEN)
    name = sealer.name("replica", NOTE.identifier)
    redis_server.client.set(name, data(sealer, name))
    notes.write(YOUNGER)
    assert notes.read() == [YOUNGER]
    redis_server.client.delete(name)
    redis_server.client.hset(name, "a", "b")
    # Another type is an error of Redis.
    assert notes.read() in ([YOUNGER], None)


def test_a_version_is_shown_on_one_short_line(replica: Replica, redis_server: RedisServer) -> None:
    notes, sealer = ReplicaNotes(replica()[1], TOKEN), Sealer(TOKEN)
    name = sealer.name("replica", NOTE.identifier)
    redis_server.client.set(name, forged(version="1\n\u202e" + "x" * 100)(sealer, name))
    (found,) = notes.read() or []
    assert found.version == "1 " + "x" * 37 + "…"


def test_many_entries_of_others_cost_a_limited_number_of_commands(replica: Replica, redis_server: RedisServer) -> None:
    notes = ReplicaNotes(replica()[1], TOKEN)
    notes.write(NOTE)
    with redis_server.client.pipeline() as pipeline:
        for number in range(300):
            pipeline.set(f"gridrt:1:replica:{number:064x}", b"x")
            pipeline.set(f"other:{number}", b"x")
        pipeline.execute()
    before = redis_server.client.info("stats")["total_commands_processed"]
    assert notes.read() in ([NOTE], [])
    assert redis_server.client.info("stats")["total_commands_processed"] - before < 160


def test_without_redis_nothing_fails(replica: Replica, redis_server: RedisServer) -> None:
    _, link = replica()
    notes = ReplicaNotes(link, TOKEN)
    redis_server.kill()
    notes.write(NOTE)
    notes.remove(NOTE.identifier)
    assert notes.read() is None
    # Whether answers are shared is for the fetches to find out.
    assert not link.status.is_alone
    assert ReplicaNotes.of(Settings(tenant_id="t", access_token=TOKEN, base_url="http://127.0.0.1:1")) is None
