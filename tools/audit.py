"""Look up the packages of requirements.txt in the database of known vulnerabilities, with pip-audit.

    python tools/audit.py [report.json]

Prints what was found and exits with 0 when none is known, 1 when there are some, and 2 when packages could not be
looked up, because the service (PyPI's) can't be reached or doesn't know them. With the file of a report, in pip-audit's
format JSON, it reads that instead.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

REQUIREMENTS = Path(__file__).resolve().parent.parent / "requirements.txt"
CLEAN, VULNERABLE, NOT_LOOKED_UP = 0, 1, 2


def verdict(report: dict[str, Any]) -> tuple[int, str]:
    """Return the exit code and the sentences about a report."""
    packages = report["dependencies"]
    skipped = [one["name"] for one in packages if "skip_reason" in one]
    found = [
        f"{one['name']} {one['version']}: {bug['id']}, fixed in {', '.join(bug['fix_versions']) or 'no version yet'}"
        for one in packages
        for bug in one.get("vulns", ())
    ]
    lines = []
    if found:
        lines += ["Vulnerabilities are known:", *found]
    if skipped:
        named = f"{', '.join(skipped[:5])}{' …' if len(skipped) > 5 else ''}"
        lines.append(
            f"{len(skipped)} of {len(packages)} packages could not be looked up ({named}): the service doesn't answer "
            "with them. Nothing is known about these; try again where https://pypi.org can be reached."
        )
    if not lines:
        lines.append(f"No vulnerability is known in {len(packages)} packages.")
    return VULNERABLE if found else NOT_LOOKED_UP if skipped else CLEAN, "\n".join(lines)


def look_up() -> dict[str, Any] | None:
    """Return pip-audit's report, None where it has none to give."""
    command = [sys.executable, "-m", "pip_audit", "--disable-pip", "--no-deps", "--progress-spinner", "off"]
    command += ["--timeout", "10", "--format", "json", "--requirement", str(REQUIREMENTS)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own
    try:
        found: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        return None
    return found


def main() -> int:
    """Print the verdict and return the exit code."""
    report = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")) if len(sys.argv) > 1 else look_up()
    if report is None:
        print("The packages could not be looked up: https://pypi.org can't be reached. Nothing is known about them.")
        return NOT_LOOKED_UP
    code, sentences = verdict(report)
    print(sentences)
    return code


if __name__ == "__main__":
    sys.exit(main())
