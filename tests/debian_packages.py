"""Find the programs that the tests run beside the dashboard, else install them from Debian.

``python -m tests.debian_packages`` prints their paths; with ``--install`` it installs what is missing, where that is
possible without a password.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from tests.e2e.browser import as_root

PROGRAMS = ("redis-server", "caddy", "nginx")
HELP = (
    "Missing for the tests: {}. Install what Debian calls so, or run the tests without: python -m pytest -m 'not e2e'"
)


def find(program: str) -> str:
    """Return the path of a program."""
    path = shutil.which(program)
    if path is None:
        raise AssertionError(HELP.format(program))
    return path


def missing() -> list[str]:
    return [program for program in PROGRAMS if shutil.which(program) is None]


def install(packages: list[str]) -> None:
    root = as_root()
    if root is None or not shutil.which("apt-get"):
        return
    print(f"Installing Debian's {' and '.join(packages)} for the tests ...", flush=True)
    quiet = [*root, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"]
    commands = [[*quiet, "update"], [*quiet, "install", "--yes", "--no-install-recommends", *packages]]
    if Path("/run/systemd/system").is_dir():
        # The packages would start services of their own.
        commands.insert(0, [*root, "systemctl", "mask", "--runtime", *packages])
        commands.append([*root, "systemctl", "disable", *packages])
    for command in commands:
        subprocess.run(command, check=False)


def main(arguments: list[str]) -> int:
    if "--install" in arguments and missing():
        install(missing())
    if missing():
        print(HELP.format(" and ".join(missing())), file=sys.stderr)
        return 1
    print(f"Programs for the tests: {', '.join(map(find, PROGRAMS))}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
