"""Starting, being told off, and ending."""

from __future__ import annotations

import os
import pty
import re
import signal
import socket
import subprocess
import time

import pytest
import requests

from gridrt_emulator.__main__ import build_parser, main
from gridrt_emulator.tenants import DEMO_TENANT, DEMO_TOKEN
from tests.emulator.program import CLOCK, TENANT, TOKEN, Emulator, running, start


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    with start(*arguments) as process:
        output, complaint = process.communicate(timeout=20)
    return subprocess.CompletedProcess(arguments, process.returncode, output.decode(), complaint.decode())


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["--port", "x"], "whole number"),
        (["--port", "65536"], "65535"),
        (["--port", "-1"], "65535"),
        (["--events-per-day", "-1"], "--events-per-day"),
        (["--events-per-day", "1e6"], "--events-per-day"),
        (["--sessions-per-day", "0"], "--sessions-per-day"),
        (["--events-per-day", "1000", "--sessions-per-day", "2000"], "1000 events a day come in"),
        (["--events-per-day", "0", "--sessions-per-day", "5"], "no sessions without events"),
        (["--seed", "seven"], "--seed"),
        (["--stores", "0"], "--stores"),
        (["--oddities", "1.5"], "from 0 to 1"),
        (["--oddities", "nan"], "from 0 to 1"),
        (["--region", "mars"], "mars"),
        (["--clock", "noon"], "2026-11-23T12:00:00Z"),
        (["--clock", "2026-11-23T12:00:00"], "time zone"),
        (["--clock", "1875-11-23T12:00:00Z"], "2000"),
        (["--fault", "explode"], "explode"),
        (["--fault", "slow:x"], "KIND"),
        (["--tenant", "a/b"], "a/b"),
        (["--tenant", "a", "--tenant", "b", "--token", "c"], "pairs"),
        (["--tenant", "a", "--tenant", "a", "--token", "c", "--token", "d"], "twice"),
        (["--token", ""], "--token"),
        (["--surprise"], "--surprise"),
        (["extra"], "extra"),
    ],
)
def test_bad_arguments(capsys: pytest.CaptureFixture[str], arguments: list[str], word: str) -> None:
    with pytest.raises(SystemExit) as end:
        main(arguments)
    output, complaint = capsys.readouterr()
    assert end.value.code == 2
    assert word in complaint
    assert output == ""


@pytest.mark.parametrize("host", ["no such host", "192.0.2.1"])
def test_an_address_that_is_not_here(host: str) -> None:
    result = run("--host", host)
    assert result.returncode == 2
    assert host in result.stderr
    assert "Traceback" not in result.stderr
    assert result.stdout == ""


def test_a_bad_token_is_not_repeated() -> None:
    result = run("--tenant", "a", "--token", "secret token")
    assert result.returncode == 2
    assert "secret" not in result.stderr


def test_a_port_that_is_taken() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = run("--port", str(port))
    assert result.returncode == 2
    assert f"port {port}" in result.stderr
    assert "--port" in result.stderr
    assert "Traceback" not in result.stderr


def test_help_tells_every_option_and_the_built_in_tenants() -> None:
    result = run("--help")
    assert result.returncode == 0
    for action in build_parser()._actions:
        assert action.help
        assert action.option_strings[0] in result.stdout
    for text in (DEMO_TENANT, DEMO_TOKEN, "GRID_SIGNALS_API", "/_emulator/faults", "truncated"):
        assert text in result.stdout


def test_without_a_tenant_it_is_the_demonstration() -> None:
    with start("--port", "0", "--events-per-day", "300") as process:
        assert process.stdout is not None
        line = process.stdout.readline().decode()
        assert re.fullmatch(r"READY http://127\.0\.0\.1:\d+\n", line)
        emulator = Emulator(process, line.split()[1])
        try:
            assert len(emulator.records("event", tenant=DEMO_TENANT, token=DEMO_TOKEN)) > 200
            health = requests.get(f"{emulator.url}/_emulator/health", timeout=10)
            assert (health.status_code, health.json()["ready"], health.json()["region"]) == (200, True, "eu")
            assert requests.get(f"{emulator.url}/favicon.ico", timeout=10).status_code == 404
        finally:
            process.terminate()
            output, complaint = process.communicate(timeout=10)
    assert (output, complaint) == (b"", b""), "nothing is logged, least of all a token"


def test_a_person_at_a_terminal_is_told_what_to_set() -> None:
    ours, theirs = pty.openpty()
    try:
        with start("--port", "0", "--events-per-day", "200", "--region", "in", stderr=theirs) as process:
            assert process.stdout is not None
            url = process.stdout.readline().decode().split()[1]
            told = b""
            while b"/signals/v1" not in told:
                told += os.read(ours, 4096)
            process.terminate()
    finally:
        os.close(ours)
        os.close(theirs)
    assert f"Tenant {DEMO_TENANT}. Reports: {url}/regions/in/reports" in told.decode()
    assert f"GRID_SIGNALS_API={url}/regions/in/signals/v1" in told.decode()
    assert DEMO_TOKEN not in told.decode()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly_and_at_once(number: signal.Signals) -> None:
    with running("--exit-with-stdin", stdin=subprocess.PIPE) as emulator:
        # An idle connection, as clients keep them.
        with requests.Session() as session:
            session.get(f"{emulator.url}/_emulator/health", timeout=10)
            began = time.monotonic()
            emulator.process.send_signal(number)
            assert emulator.process.wait(10) == 0
        assert time.monotonic() - began < 2


def test_a_signal_ends_it_while_it_gets_ready() -> None:
    with start("--port", "0", "--events-per-day", "2000000") as process:
        time.sleep(1.5)
        process.terminate()
        assert process.wait(5) == 0


def test_it_ends_with_its_standard_input() -> None:
    with running("--exit-with-stdin", stdin=subprocess.PIPE) as emulator:
        assert emulator.records("event")
        emulator.close_stdin()
        assert emulator.process.wait(5) == 0
    with start("--port", "0", "--events-per-day", "2000000", "--exit-with-stdin", stdin=subprocess.DEVNULL) as process:
        assert process.wait(10) == 0


def test_without_that_it_does_not() -> None:
    with running(stdin=subprocess.PIPE) as emulator:
        emulator.close_stdin()
        with pytest.raises(subprocess.TimeoutExpired):
            emulator.process.wait(0.7)
        assert emulator.records("event")


def test_a_frozen_clock_stands_and_a_started_one_moves_on() -> None:
    with running("--clock", CLOCK, "--frozen", "--events-per-day", "30000") as frozen:
        health = requests.get(f"{frozen.url}/_emulator/health", timeout=10).json()
        assert health["now"] == "2026-11-23T12:00:00.0000000Z"
        first = frozen.ask("event").content
        with running("--clock", CLOCK, "--events-per-day", "30000") as moving:
            before = moving.ask("event").content
            # One comes every three seconds, and one goes: the answer's end and its beginning change.
            deadline = time.monotonic() + 30
            while (now_there := moving.ask("event").content)[-300:] == before[-300:] or now_there[:300] == before[:300]:
                assert time.monotonic() < deadline
                time.sleep(0.5)
            now = requests.get(f"{moving.url}/_emulator/health", timeout=10).json()["now"]
            assert "2026-11-23T12:00:00.5" <= now < "2026-11-23T12:01"
        assert frozen.ask("event").content == first


def test_a_second_start_is_the_same_world() -> None:
    with (
        running("--clock", CLOCK, "--frozen", "--seed", "5") as one,
        running("--clock", CLOCK, "--frozen", "--seed", "5") as two,
    ):
        query = "distinctColumns=str1,int1,deviceId"
        for endpoint, more in (("session", ""), ("event", ""), ("latest-event", query)):
            assert one.ask(endpoint, more).content == two.ask(endpoint, more).content


def test_without_events_there_is_no_world() -> None:
    with running("--events-per-day", "0") as emulator:
        assert emulator.records("event") == emulator.records("session") == []
        signal_ = {"b": "s", "c": TENANT, "s": "RATING", "x": 5}
        assert emulator.signal("event", signal_).status_code == 200
        assert [record["int1"] for record in emulator.records("event", token=TOKEN)] == [5]
