"""The README is true: every setting is in it, and what it names is there."""

import re
from pathlib import Path

import pytest

from gridrt_client.settings import OTHER_VARIABLES, reference

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(("variable", "name"), [(row[0], row[1]) for row in reference()])
def test_every_setting_is_documented_with_both_its_names(variable: str, name: str) -> None:
    assert f"| `{variable}` | `{name}` |" in README


def test_no_setting_is_documented_that_does_not_exist() -> None:
    named = set(re.findall(r"GRIDRT_[A-Z_]+", README))
    assert named <= {row[0] for row in reference()} | set(OTHER_VARIABLES)
    assert set(OTHER_VARIABLES) - named == {"GRIDRT_PORT"}  # of compose.yaml alone


def test_every_file_that_the_documents_name_is_there() -> None:
    for page in (ROOT / "README.md", *(ROOT / "docs").rglob("*.md")):
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name} names {target}"


@pytest.mark.parametrize("target", sorted(set(re.findall(r"(?:^|`)make (\w+)", README, re.MULTILINE))))
def test_every_command_is_a_target_of_the_makefile(target: str) -> None:
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
