"""How much more memory this process may take, where something limits it (Linux): a container, or ``ulimit``.

Beyond a container's limit the system kills the process without a word, and libraries in C++ end it when they get no
memory. So what needs much asks before it begins.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from gridrt_client.errors import OutOfMemoryError
from gridrt_client.safe_text import format_bytes

if sys.platform != "win32":
    import resource

# Measured with 28, 85 and 254 MB of events, which take 91, 168 and 271 MB more while they are decoded.
_FOR_ANY: Final = 64 << 20
# Address space that allocators and threads reserve counts for ulimit, and not for a container.
_RESERVED: Final = 128 << 20
_SMALL_SHARE: Final = 8  # of an answer of a few megabytes
_SMALL: Final = 4 << 20
_SHARE_OF_SNAPSHOTS: Final = 3
_GROUPS: Final = Path("/sys/fs/cgroup")


def require(size: int, *, proc: Path = Path("/proc/self"), groups: Path = _GROUPS) -> None:
    """Raise OutOfMemoryError when there is too little memory to decode an answer of this size in bytes.

    Answers of less than 4 MiB are not refused. `proc` and `groups` are where the system tells about the process and
    its containers.
    """
    if size < _SMALL:
        return
    for most, used, reserved in (*_limits(proc), *_groups(proc, groups)):
        free = most - used
        needed = size + min(_FOR_ANY + reserved, _SMALL_SHARE * size)
        if free < needed:
            raise OutOfMemoryError(
                f"The answer ({format_bytes(size)}) needs {format_bytes(needed)} of memory to be read, and "
                f"{format_bytes(max(0, free))} are left to this process"
            )


def snapshot_bytes(wanted: int, *, proc: Path = Path("/proc/self"), groups: Path = _GROUPS) -> int:
    """Return how many bytes answers may take: at most a third of what this process may."""
    limits = (*_limits(proc), *_groups(proc, groups))
    return min(wanted, *(most // _SHARE_OF_SNAPSHOTS for most, _, _ in limits)) if limits else wanted


def _limits(proc: Path) -> Iterator[tuple[int, int, int]]:
    """Yield each limit of the process, what is used of it, and how much of that reservations may take."""
    try:
        status = (proc / "status").read_text(encoding="utf-8")
    except OSError:
        return
    if sys.platform == "win32":
        return
    for limit, name in ((resource.RLIMIT_DATA, "VmData"), (resource.RLIMIT_AS, "VmSize")):
        most, used = resource.getrlimit(limit)[0], re.search(rf"^{name}:\s+(\d+) kB", status, re.MULTILINE)
        if most != resource.RLIM_INFINITY and used:
            yield most, int(used[1]) << 10, _RESERVED


def _groups(proc: Path, groups: Path) -> Iterator[tuple[int, int, int]]:
    """Yield the limit of each control group, version 1 or 2, as `_limits`; files that it can give back don't count."""
    try:
        lines = (proc / "cgroup").read_text(encoding="utf-8").splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers == "":
            place, names = groups, ("memory.max", "memory.current", "inactive_file")
        elif "memory" in controllers.split(","):
            names = ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
            place = groups / "memory"
        else:
            continue
        # Within a container its own group is at the top.
        for group in (place / path.lstrip("/"), place):
            most, used = _number(group / names[0]), _number(group / names[1])
            if most is not None and used is not None:
                yield most, used - _inactive(group / "memory.stat", names[2]), 0
                break


def _number(file: Path) -> int | None:
    try:
        text = file.read_text(encoding="utf-8").strip()
    except OSError:
        return None
    return int(text) if text.isdecimal() else None


def _inactive(file: Path, name: str) -> int:
    try:
        found = re.search(rf"^{name} (\d+)$", file.read_text(encoding="utf-8"), re.MULTILINE)
    except OSError:
        return 0
    return int(found[1]) if found else 0
