"""What it costs to make a frame of an answer: time and peak memory of a process that does nothing else."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks import stage
from tests.e2e.programs import ROOT

_PREPARE = {
    stage.STRAIGHTFORWARD: "from tests.benchmarks.straightforward.decode import decode as make",
    stage.OURS: (
        "from gridrt_client.decoding.decoder import decode\n"
        "from gridrt_client.personal_data import Pseudonyms\n"
        "from gridrt_client.schema import EVENT\n"
        "make = lambda payload: decode(payload, EVENT, pseudonyms=Pseudonyms(b'key')).frame"
    ),
}
# Peaks are read before anything else is asked of the frame; the imports are in them on both sides.
_MEASURE = """
import json, resource, sys, time
from pathlib import Path
{prepare}
payload = Path(sys.argv[1]).read_bytes()
began = time.perf_counter()
frame = make(payload)
seconds = time.perf_counter() - began
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
held = int(frame.memory_usage(deep=True).sum())
print(json.dumps({{"seconds": seconds, "peak": peak, "frame": held, "rows": len(frame), "payload": len(payload)}}))
"""


@dataclass(frozen=True)
class Decoded:
    """Seconds, bytes at the peak, bytes of the frame, its rows, and the bytes of the payload."""

    seconds: float
    peak: int
    frame: int
    rows: int
    payload: int


def fetch(api: stage.Api, file: Path) -> None:
    """Keep the events of the emulator in a file."""
    file.write_bytes(api.answer("event"))


def decode(which: str, file: Path, repeats: int = 3) -> Decoded:
    """Decode the file in processes of their own; the one that took the median time."""
    found = sorted((_decode(which, file) for _ in range(repeats)), key=lambda one: one.seconds)
    return found[len(found) // 2]


def _decode(which: str, file: Path) -> Decoded:
    command = [sys.executable, "-c", _MEASURE.format(prepare=_PREPARE[which]), str(file)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=600)
    return Decoded(**json.loads(done.stdout))
