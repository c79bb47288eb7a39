"""Who may import whom, how long a module may be, and what no file may say."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MADE = {".git", ".venv", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".hypothesis", "__pycache__", "test-results"}
OURS = {"app", "dashboard", "pages", "gridrt_client", "gridrt_emulator", "tests"}
LONGEST = 350

# Part of the project -> the other parts that it may import.
MAY_IMPORT = {
    "app": {"dashboard"},
    "dashboard": {"gridrt_client"},
    "pages": {"dashboard"},
    "gridrt_client": set(),
    "gridrt_emulator": set(),
}
# Modules that draw or read a session; everything else works in a notebook and in a plain test.
WITH_STREAMLIT = {
    "app",
    "gridrt_client.connection",
    *(
        f"dashboard.{name}"
        for name in ("browse", "data", "filters", "frame", "holding", "link", "main", "monitored", "panels")
    ),
    *(f"dashboard.{name}" for name in ("headline", "pulse", "server", "sidebar", "states", "tenant")),
}
# Package -> the only modules that may use it.
ONLY_IN = {
    "requests": {"gridrt_client.transport"},
    "urllib3": {"gridrt_client.transport"},
    "duckdb": {"gridrt_client._fast"},
    "gridrt_client.client": {"gridrt_client", "gridrt_client.connection"},
    "gridrt_client.connection": {"dashboard.data", "dashboard.tenant"},
    "gridrt_client.transport": {"gridrt_client.client"},
    "plotly": {"dashboard.charts", "dashboard.theme"},
    "pydeck": {"dashboard.maps"},
    "subprocess": {"dashboard.demo"},
}


def python_files(part: str) -> list[Path]:
    place = ROOT / part
    return sorted(place.rglob("*.py")) if place.is_dir() else [place.with_suffix(".py")]


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


@cache
def imports(path: Path) -> frozenset[str]:
    """Everything that a module imports, anywhere in it: ``a.b`` for ``import a.b`` and for ``from a import b``."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), str(path))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            package = path.relative_to(ROOT).with_suffix("").parts[: -node.level] if node.level else ()
            base = ".".join((*package, *(node.module or "").split("."))).strip(".")
            found |= {f"{base}.{alias.name}" for alias in node.names}
    return frozenset(found)


def uses(path: Path, package: str) -> bool:
    return any(name == package or name.startswith(f"{package}.") for name in imports(path))


def modules() -> Iterator[tuple[str, Path]]:
    for part in MAY_IMPORT:
        for path in python_files(part):
            yield name_of(path), path


def text_files() -> Iterator[tuple[str, str]]:
    for path in sorted(ROOT.rglob("*")):
        relative = path.relative_to(ROOT)
        if MADE.isdisjoint(relative.parts) and path.is_file() and path.name != "secrets.toml":
            try:
                yield str(relative), path.read_text(encoding="utf-8")
            except UnicodeDecodeError:
                continue  # a picture


@pytest.mark.parametrize("part", MAY_IMPORT)
def test_a_part_imports_only_what_the_design_lets_it(part: str) -> None:
    files = python_files(part)
    assert files, f"{part} is gone"
    forbidden = OURS - MAY_IMPORT[part] - {part}
    broken = {name_of(path): sorted(other for other in forbidden if uses(path, other)) for path in files}
    assert {name: others for name, others in broken.items() if others} == {}


def test_streamlit_is_imported_only_where_something_is_drawn() -> None:
    users = {name for name, path in modules() if uses(path, "streamlit") and not name.startswith("pages.")}
    assert users - WITH_STREAMLIT == set()


@pytest.mark.parametrize("package", ONLY_IN)
def test_a_package_is_used_in_one_place(package: str) -> None:
    users = {name for name, path in modules() if uses(path, package)}
    places = ONLY_IN[package] | {package}
    # A place below a part of the project stands for its modules, too: gridrt_client.transport is a package.
    assert [user for user in users if not any(user == place or _inside(user, place) for place in places)] == []
    assert users, f"nothing uses {package}: the rule is out of date"


def _inside(module: str, place: str) -> bool:
    return "." in place and module.startswith(f"{place}.")


def test_the_strict_server_shares_no_code_and_no_library() -> None:
    for path in python_files("tests/strict_server"):
        if path.name.startswith("test_"):
            continue
        tops = {name.split(".")[0] for name in imports(path)} - {"tests"}
        assert tops <= sys.stdlib_module_names, path
        assert all(name.startswith("tests.strict_server") for name in imports(path) if name.startswith("tests")), path


@pytest.mark.parametrize("part", [*MAY_IMPORT, "tests"])
def test_a_module_is_read_in_one_sitting(part: str) -> None:
    lengths = {name_of(path): len(path.read_text(encoding="utf-8").splitlines()) for path in python_files(part)}
    assert {name: length for name, length in lengths.items() if length > LONGEST} == {}


# In brackets where the pattern would find itself.
@pytest.mark.parametrize(
    "pattern",
    [
        r"/[Uu]sers/\w+/|/[h]ome/\w+/|/[r]oot/|/[w]ork/|/[t]mp/\w+/|[A-Z]:\\[U]sers",
        r"[u]nsafe_allow_(html|javascript)",
    ],
    ids=["paths of somebody's machine", "markup from data"],
)
def test_no_file_says(pattern: str) -> None:
    found = [f"{name}: {match[0]}" for name, text in text_files() if (match := re.search(pattern, text))]
    assert found == []


def test_no_page_sleeps() -> None:
    drawn = [(name, path) for name, path in modules() if name.startswith(("app", "pages.", "dashboard."))]
    assert [name for name, path in drawn if re.search(r"\bsleep\(", path.read_text(encoding="utf-8"))] == []


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_package_is_pinned(name: str) -> None:
    lines = [line.strip() for line in (ROOT / name).read_text(encoding="utf-8").splitlines()]
    pins = [line for line in lines if line and not line.startswith(("#", "-r "))]
    assert pins
    assert [line for line in pins if not re.fullmatch(r"[\w.-]+==[\w.]+(; .+)?", line)] == []
