"""Small responses that unpack to large ones are refused before they fill memory or disk."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
import zlib
from pathlib import Path

import pytest

from gridrt_client.transport.transport import MOST_UNPACKED
from tests.client.conftest import TOKEN, Get
from tests.client.server import Server, reply

SIZE = 1 << 30
GZIP, ZLIB, DEFLATE = 16 + zlib.MAX_WBITS, zlib.MAX_WBITS, -zlib.MAX_WBITS
RECORD = b'{"captureId":"1","str1":"a","eventType":"A"},'


def packed(unit: bytes, level: int = 6, form: int = GZIP) -> bytes:
    """An array of 1 GB that repeats the unit, without its end."""
    packer = zlib.compressobj(level, zlib.DEFLATED, form)
    begin = packer.compress(b"[") + packer.flush(zlib.Z_FULL_FLUSH)
    block = unit * ((1 << 20) // len(unit))
    # It refers to nothing before it, so it may come again and again.
    repeated = packer.compress(block) + packer.flush(zlib.Z_FULL_FLUSH)
    return begin + repeated * (SIZE // len(block) + 1)


BOMBS = {
    "zeros": lambda: (packed(b"\x00"), "gzip"),
    "spaces": lambda: (packed(b" "), "gzip"),
    "numbers": lambda: (packed(b"0,", 1), "gzip"),
    "one record": lambda: (packed(RECORD), "gzip"),
    "one record, hardly packed": lambda: (packed(RECORD, 1), "gzip"),
    "empty records": lambda: (packed(b"{},"), "gzip"),
    "twice": lambda: (gzip.compress(packed(b"[],")), "gzip, gzip"),
    "four times": lambda: (gzip.compress(gzip.compress(gzip.compress(packed(RECORD)))), "gzip, gzip, gzip, gzip"),
    "zlib": lambda: (packed(RECORD, form=ZLIB), "deflate"),
    "deflate": lambda: (packed(b" ", form=DEFLATE), "deflate"),
    "mixed": lambda: (gzip.compress(packed(RECORD, form=DEFLATE)), "deflate, gzip"),
    "x-gzip": lambda: (packed(RECORD), "x-gzip"),
}
_ASK = """
from gridrt_client import RealtimeClient
try:
    print(len(RealtimeClient.from_env().events()))
except Exception as error:
    print(type(error).__name__, error)
print(next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1])
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak of the memory is read from /proc")
@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS)
def test_a_bomb_is_refused_with_little_memory_and_leaves_nothing(tmp_path: Path, bomb: object) -> None:
    body, encoding = bomb()  # type: ignore[operator]
    with Server([reply(body=body, Content_Encoding=encoding)]) as server:
        environment = {
            **os.environ,
            "TMPDIR": str(tmp_path),
            "GRIDRT_BASE_URL": server.url,
            "GRIDRT_TENANT_ID": "tenant",
            "GRIDRT_ACCESS_TOKEN": TOKEN,
        }
        done = subprocess.run([sys.executable, "-c", _ASK], env=environment, capture_output=True, text=True, check=True)
    said, peak = done.stdout.splitlines()
    assert said.startswith("TooLargeError The request for events failed. ")
    assert f"The answer becomes more than {MOST_UNPACKED} times as large when it is unpacked" in said
    assert int(peak) < 600 << 10
    assert list(tmp_path.iterdir()) == []
    assert len(server.seen) == 1


@pytest.mark.parametrize("level", [1, 6, 9])
def test_records_that_hardly_differ_are_no_bomb(get: Get, level: int) -> None:
    record = (
        '{"tenantId":"5f0000000000000000000abc","sessionId":"7d5c31ee-7f9f-4f1c-a3c3-70d2ca5e9d8f","captureId":"%024x",'
        '"clientId":null,"ip":"198.51.100.23","eventTime":"2026-11-23T11:20:00.000Z","eventType":"MONITOR_DEVICE_STATUS",'
        '"interaction":false,"int1":1,"int5":1200,"str1":"gate","str2":"192.168.1.100","str4":"gate 1"}'
    )
    body = f"[{','.join(record % number for number in range(60_000))}]".encode()
    assert len(body) > 16 << 20
    with Server([reply(body=gzip.compress(body, level), Content_Encoding="gzip")]) as server:
        assert get(server) == body
