"""Find the browser for the tests: the system's Chromium or Chrome, else one that this installs.

``python -m tests.e2e.browser`` prints its path; with ``--install`` it installs one first where none is found:
Debian's package when that is possible without a password, else Playwright's own download.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge")
PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "C:/Program Files/Google/Chrome/Application/chrome.exe",
    "C:/Program Files (x86)/Google/Chrome/Application/chrome.exe",
)
HELP = (
    "No browser for the tests. Install Chromium or Chrome, or name one with the environment variable CHROMIUM, "
    "or run the tests without it: python -m pytest -m 'not e2e'"
)


def find() -> str | None:
    """Return the path of a browser that starts, or None."""
    candidates = [os.environ.get("CHROMIUM"), *map(shutil.which, NAMES), *PLACES, _of_playwright()]
    return next((path for path in candidates if path and Path(path).is_file() and _starts(path)), None)


def install() -> str | None:
    """Install one and return its path; None when no way worked."""
    for what, commands in _ways():
        print(f"Installing {what} for the browser tests ...", flush=True)
        if all(subprocess.run(command, check=False).returncode == 0 for command in commands):
            found = find()
            if found:
                return found
        print(f"That did not work: {what}.", file=sys.stderr, flush=True)
    return None


def _ways() -> list[tuple[str, list[list[str]]]]:
    ways = []
    if shutil.which("apt-get"):
        root = as_root()
        if root is not None:
            quiet = [*root, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"]
            commands = [[*quiet, "update"], [*quiet, "install", "--yes", "--no-install-recommends", "chromium"]]
            ways.append(("Debian's chromium", commands))
    own = [sys.executable, "-m", "playwright", "install", "chromium"]
    return [*ways, ("Playwright's Chromium", [own])]


def as_root() -> list[str] | None:
    """Return the prefix that runs a command as root without a password; None when there is none."""
    if os.geteuid() == 0:
        return []
    sudo = shutil.which("sudo")
    if sudo and subprocess.run([sudo, "-n", "true"], capture_output=True, check=False).returncode == 0:
        return [sudo, "-n"]
    return None


def _of_playwright() -> str:
    with sync_playwright() as playwright:
        return playwright.chromium.executable_path


def _starts(path: str) -> bool:
    """Whether the browser starts: Ubuntu's chromium-browser may be a placeholder for a snap."""
    if os.name == "nt":
        return True  # --version opens a window there
    try:
        return subprocess.run([path, "--version"], capture_output=True, timeout=30, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def main(arguments: list[str]) -> int:
    found = find() or (install() if "--install" in arguments else None)
    print(f"Browser for the tests: {found}" if found else HELP, file=sys.stdout if found else sys.stderr)
    return 0 if found else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
