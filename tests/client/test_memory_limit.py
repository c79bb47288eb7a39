"""An answer that needs more memory than the process may take is refused before it is decoded."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from gridrt_client import _memory_limit
from gridrt_client.errors import OutOfMemoryError
from tests.client.server import Server, reply

ROOT = Path(__file__).parents[2]
MEGABYTE = 1 << 20
UNLIMITED = "Name:\tpython\nVmSize:\t  100 kB\nVmData:\t  100 kB\n"
FETCH = """
import resource, sys
from gridrt_client import RealtimeClient, Settings
from gridrt_client.errors import OutOfMemoryError

settings = Settings(tenant_id="tenant", access_token="token-of-a-test", base_url=sys.argv[1], retries=0)
with RealtimeClient(settings) as client:
    used = int(open("/proc/self/status").read().split("VmData:")[1].split()[0]) << 10
    resource.setrlimit(resource.RLIMIT_DATA, (used + (120 << 20), resource.RLIM_INFINITY))
    try:
        client.events()
    except OutOfMemoryError as error:
        print(error)
    print(len(client.events()))
"""


def groups(tmp_path: Path, line: str, place: str, files: dict[str, str]) -> dict[str, Path]:
    """Return what the system tells of a process in a control group."""
    proc, top = tmp_path / "proc", tmp_path / "cgroup"
    proc.mkdir()
    (proc / "status").write_text(UNLIMITED, encoding="utf-8")
    (proc / "cgroup").write_text(f"1:name=systemd:/\n{line}\n", encoding="utf-8")
    (top / place).mkdir(parents=True)
    for name, text in files.items():
        (top / place / name).write_text(text, encoding="utf-8")
    return {"proc": proc, "groups": top}


V2 = {"memory.max": f"{500 * MEGABYTE}\n", "memory.current": f"{400 * MEGABYTE}\n"}
V1 = {"memory.limit_in_bytes": V2["memory.max"], "memory.usage_in_bytes": V2["memory.current"]}


@pytest.mark.parametrize(
    ("line", "place", "files"),
    [
        ("0::/", "", V2),
        ("0::/system/ours", "system/ours", V2),
        # As seen within a container, which has its own group at the top.
        ("0::/docker/ours", "", V2),
        ("4:memory:/ours", "memory/ours", V1),
        ("4:cpu,memory:/docker/ours", "memory", V1),
    ],
)
def test_the_limit_of_a_container_counts(line: str, place: str, files: dict[str, str], tmp_path: Path) -> None:
    told = groups(tmp_path, line, place, files)
    _memory_limit.require(30 * MEGABYTE, **told)
    with pytest.raises(OutOfMemoryError) as refused:
        _memory_limit.require(50 * MEGABYTE, **told)
    assert str(refused.value) == (
        "The answer (50 MiB) needs 114 MiB of memory to be read, and 100 MiB are left to this process. "
        "Narrow the query to a space or an installation, or give the process more memory "
        "(the limit of its container, or ulimit)."
    )


def test_files_that_can_be_given_back_are_free_memory(tmp_path: Path) -> None:
    stat = f"anon 5\ninactive_file {60 * MEGABYTE}\n"
    told = groups(tmp_path, "0::/", "", {**V2, "memory.stat": stat})
    _memory_limit.require(50 * MEGABYTE, **told)


@pytest.mark.parametrize("files", [{}, {**V2, "memory.max": "max\n"}, {"memory.max": "5\n"}])
def test_without_a_limit_nothing_is_refused(files: dict[str, str], tmp_path: Path) -> None:
    told = groups(tmp_path, "0::/", "", files)
    _memory_limit.require(1 << 40, **told)
    assert _memory_limit.snapshot_bytes(1 << 40, **told) == 1 << 40


def test_answers_take_a_third_of_what_the_process_may(tmp_path: Path) -> None:
    told = groups(tmp_path, "0::/", "", V2)
    assert _memory_limit.snapshot_bytes(1 << 30, **told) == 500 * MEGABYTE // 3
    assert _memory_limit.snapshot_bytes(1 << 20, **told) == 1 << 20


def test_small_answers_are_not_refused(tmp_path: Path) -> None:
    told = groups(tmp_path, "0::/", "", {**V2, "memory.current": V2["memory.max"]})
    _memory_limit.require(3 * MEGABYTE, **told)


@pytest.mark.skipif(sys.platform != "linux", reason="the system tells about a process in /proc")
def test_a_process_with_little_memory_refuses_a_large_answer_and_reads_the_next() -> None:
    record = '{"captureId": "%d", "eventType": "A_TYPE", "str1": "' + "x" * 100 + '"}'
    body = ("[" + ",".join(record % number for number in range(150_000)) + "]").encode()
    with Server([reply(body=body), reply()]) as server:
        command = [sys.executable, "-c", FETCH, server.url]
        ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 0, ended.stderr
    refused, number = ended.stdout.splitlines()
    assert refused.startswith("The request for events failed. The answer (")
    assert "of memory to be read" in refused
    assert number == "0"
