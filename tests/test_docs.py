"""The documents are true: every setting is in them, and what they name is there."""

from __future__ import annotations

import ast
import re
import tomllib
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
import yaml

from gridrt_client.settings import OTHER_VARIABLES, Settings, reference

ROOT = Path(__file__).parent.parent
DOCUMENTS = (ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md")))
OF_COMPOSE = {"GRIDRT_PORT"}


def text(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


README, CONFIGURATION = text("README.md"), text("docs/configuration.md")


def rows(document: str) -> dict[str, list[str]]:
    """Return the cells of each row of a table that begins with code, by that code."""
    lines = (re.split(r"\s*\|\s*", line)[1:-1] for line in document.splitlines() if line.startswith("| `"))
    return {name: cells for cells in lines for name in re.findall(r"`([^`]+)`", cells[0])}


DOCUMENTED = rows(CONFIGURATION)


def read_by_the_code() -> set[str]:
    """Return the variables of the settings, and every text of our modules that is the name of a variable as a whole."""
    found = {row[0] for row in reference()}
    for place in ("app.py", "dashboard", "gridrt_client", "pages"):
        path = ROOT / place
        for file in path.rglob("*.py") if path.is_dir() else [path]:
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    found |= set(re.findall(r"^GRIDRT_[A-Z_]+$", node.value))
    return found


def interpolated(document: str) -> set[str]:
    """Return the variables that compose puts into its file."""
    return set(re.findall(r"(?<!\$)\$\{(\w+)", document))


def uncommented(path: str) -> dict[str, Any]:
    """Return an example of a TOML file with the lines that are only proposed in it."""
    proposed = re.sub(r"^# (?=\[|\w+ = )", "", text(path), flags=re.MULTILINE)
    return tomllib.loads(proposed)


def test_every_setting_is_documented_and_every_documented_one_is_read() -> None:
    documented = {name for name in DOCUMENTED if name.startswith("GRIDRT_")}
    assert documented == read_by_the_code() | OF_COMPOSE
    assert set(re.findall(r"GRIDRT_[A-Z_]+", CONFIGURATION)) == documented
    # Those that a misspelt variable is compared with.
    assert {*OTHER_VARIABLES, *(row[0] for row in reference())} == documented


@pytest.mark.parametrize(("variable", "name", "default"), [row[:3] for row in reference()])
def test_a_setting_of_the_client_has_its_name_and_its_default(variable: str, name: str, default: str) -> None:
    words = {"pseudonym_key": "random", "max_bytes": "2 GiB", "snapshot_bytes": "1 GiB"}
    sizes = {"2147483648": "2 GiB", "1073741824": "1 GiB"}
    given = words.get(name) or (f"`{default.removesuffix('.0').lower()}`" if default else "")
    assert DOCUMENTED[variable][1:3] == [f"`{name}`", given]
    assert sizes.get(default, given) == given


def test_no_other_document_names_a_setting_that_does_not_exist() -> None:
    known = read_by_the_code() | OF_COMPOSE
    for path in DOCUMENTS:
        # The history names what is gone.
        named = set(re.findall(r"GRIDRT_[A-Z_]+[A-Z]", path.read_text(encoding="utf-8")))
        assert named <= known or path.name == "CHANGELOG.md", path.name


def test_files_of_a_deployment_name_known_settings_only() -> None:
    known = read_by_the_code() | OF_COMPOSE
    for path in ("compose.yaml", "Dockerfile", "deploy/team.env.example", ".streamlit/secrets.toml.example"):
        assert set(re.findall(r"GRIDRT_[A-Z_]+[A-Z]", text(path))) <= known, path
    passed = {
        name for service in yaml.safe_load(text("compose.yaml"))["services"].values() for name in environment(service)
    }
    assert {name for name in passed if name.startswith("GRIDRT_")} <= known - OF_COMPOSE


def test_compose_passes_the_settings_of_the_client_on() -> None:
    for service in ("dashboard", "replica-1"):
        given = environment(yaml.safe_load(text("compose.yaml"))["services"][service])
        assert {row[0] for row in reference()} - {"GRIDRT_REDIS_URL"} <= given.keys()


def environment(service: dict[str, Any]) -> dict[str, str]:
    found: dict[str, str] = service.get("environment", {})
    return found


def test_what_compose_takes_is_documented() -> None:
    taken = interpolated(text("compose.yaml"))
    assert taken <= DOCUMENTED.keys()
    proposed = set(re.findall(r"^(?:# )?(\w+)=", text("deploy/team.env.example"), re.MULTILINE))
    assert proposed <= taken


def test_the_example_of_secrets_has_known_and_documented_keys() -> None:
    example = uncommented(".streamlit/secrets.toml.example")
    assert set(example) == {"connections", "auth"}
    of_section = {one.name for one in fields(Settings)} | {"type", "label", "names", "status_reference"}
    for section in example["connections"].values():
        assert set(section) <= of_section
    assert {*example["auth"], *of_section} - {one.name for one in fields(Settings)} <= DOCUMENTED.keys()


def test_the_keys_of_settings_files_are_documented() -> None:
    roles = uncommented(".streamlit/roles.toml.example")
    status = tomllib.loads(text("dashboard/analysis/status.toml"))
    keys = {*roles, *status["thresholds"]} - {"role"}
    for entry in (*roles["role"], *status["status"]):
        keys |= set(entry)
    assert keys <= DOCUMENTED.keys()
    names = tomllib.loads(text("dashboard/data/demo_names.toml"))
    assert {f"[{name}]" for name in names if name != "labels"} <= DOCUMENTED.keys()


@pytest.mark.parametrize("variable", sorted(name for name in DOCUMENTED if name.startswith("STREAMLIT_")))
def test_an_option_of_streamlit_exists(variable: str) -> None:
    _, section, first, *others = variable.split("_")
    st.get_option(f"{section.lower()}.{first.lower()}{''.join(map(str.capitalize, others))}")


def test_every_file_that_the_documents_name_is_there() -> None:
    for page in DOCUMENTS:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name} names {target}"


def test_every_heading_that_the_documents_name_is_there() -> None:
    for page in DOCUMENTS:
        for target, heading in re.findall(r"\]\(([^)#:]*)#([^)]*)\)", page.read_text(encoding="utf-8")):
            document = (page.parent / target if target else page).read_text(encoding="utf-8")
            headings = re.findall(r"^#+ (.*)$", document, re.MULTILINE)
            slugs = {re.sub(r"[^\w -]", "", one.lower()).replace(" ", "-") for one in headings}
            assert heading in slugs, f"{page.name} names {target}#{heading}"


@pytest.mark.parametrize("target", sorted(set(re.findall(r"(?:^|`)make ([\w-]+)", README, re.MULTILINE))))
def test_every_command_is_a_target_of_the_makefile(target: str) -> None:
    assert re.search(rf"^{target}:", text("Makefile"), re.MULTILINE)
