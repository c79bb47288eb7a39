"""``make audit`` says what is known, and that nothing is where the service didn't answer."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

AUDIT = Path(__file__).parent.parent / "tools" / "audit.py"
SAFE = {"name": "pandas", "version": "3.1.1", "vulns": []}
UNKNOWN = {"name": "plotly", "skip_reason": "Dependency not found on PyPI and could not be audited: plotly (7.1.0)"}
BAD = {"name": "old", "version": "1.0", "vulns": [{"id": "PYSEC-1", "fix_versions": ["1.1"], "aliases": []}]}


@pytest.mark.parametrize(
    ("packages", "code", "words"),
    [
        ([SAFE], 0, "No vulnerability is known in 1 packages."),
        ([SAFE, UNKNOWN], 2, "1 of 2 packages could not be looked up (plotly)"),
        ([SAFE, BAD, UNKNOWN], 1, "old 1.0: PYSEC-1, fixed in 1.1"),
    ],
)
def test_a_report_is_read(packages: list[Any], code: int, words: str, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    report.write_text(json.dumps({"dependencies": packages, "fixes": []}), encoding="utf-8")
    done = subprocess.run([sys.executable, AUDIT, report], capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode == code
    assert words in done.stdout
