"""What the system tells about a process, and about the machine."""

from __future__ import annotations

import os
import platform
import sys
from importlib.metadata import version
from pathlib import Path

PACKAGES = ("streamlit", "pandas", "pyarrow", "numpy", "plotly", "pydeck", "orjson", "uvicorn")
SEEN = Path("/proc/self/stat").exists()
WHY_NOT = "this system has no /proc to read a process's CPU time and memory from"


def cpu_seconds(pid: int) -> float:
    """CPU time of a process so far, user and system, all of its threads, also those that have ended."""
    # The name, in brackets, may hold anything: the fields are counted from behind it.
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def peak_memory(pid: int) -> int:
    """The most bytes of memory that a process ever held (VmHWM)."""
    return _status(pid, "VmHWM")


def memory(pid: int) -> int:
    """The bytes of memory that a process holds now (VmRSS)."""
    return _status(pid, "VmRSS")


def about() -> dict[str, str]:
    """Where this ran."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    told = {"cores": str(cores), "system": platform.platform(terse=True), "python": sys.version.split()[0]}
    if SEEN:
        told["memory"] = f"{_meminfo('MemTotal') / 2**30:.0f} GiB"
        told["processor"] = _processor()
        told["load"] = f"{os.getloadavg()[0]:.1f} before the run"
    return told | {name: version(name) for name in PACKAGES}


def free_memory() -> int:
    """The bytes that a new process could still have."""
    return _meminfo("MemAvailable")


def _status(pid: int, name: str) -> int:
    return _kilobytes(Path(f"/proc/{pid}/status"), name)


def _meminfo(name: str) -> int:
    return _kilobytes(Path("/proc/meminfo"), name)


def _kilobytes(file: Path, name: str) -> int:
    line = next(line for line in file.read_text(encoding="utf-8").splitlines() if line.startswith(f"{name}:"))
    return int(line.split()[1]) * 1024


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown")
