"""Who may import whom, how long a module may be, and what no file may say."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MADE = {".git", ".venv", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".hypothesis", "__pycache__", "test-results"}
OURS = {"app", "dashboard", "pages", "gridrt_client", "gridrt_emulator", "tests"}
LONGEST_MODULE, LONGEST_TEST_MODULE, LONGEST_FUNCTION = 300, 350, 66  # lines

# Folder or module -> what of ours it may import besides itself. The folders are the layers of README.md.
MAY_IMPORT = {
    "app": {"dashboard.data", "dashboard.server", "dashboard.ui"},
    "pages": {"dashboard"},
    "dashboard.main": {"dashboard", "gridrt_client"},
    "dashboard.ui": {
        "dashboard.data",
        "dashboard.analysis",
        "dashboard.figures",
        "dashboard.tables",
        "dashboard.filters",
        "gridrt_client",
    },
    "dashboard.server": {
        "dashboard.data",
        "dashboard.filters",
        "dashboard.analysis",
        "gridrt_client",
    },
    "dashboard.tables": {"dashboard.analysis", "gridrt_client"},
    "dashboard.figures": {"dashboard.analysis", "gridrt_client"},
    "dashboard.data": {"dashboard.filters", "dashboard.analysis", "gridrt_client"},
    "dashboard.analysis": {"dashboard.filters", "gridrt_client"},
    "dashboard.filters": {"gridrt_client"},
    "gridrt_client": set(),
    "gridrt_client.transport": {"gridrt_client"},
    "gridrt_client.decoding": {"gridrt_client"},
    "gridrt_client.snapshots": {"gridrt_client"},
    "gridrt_client.sharing": {"gridrt_client"},
    "gridrt_emulator": set(),
}
# Library -> the folders and modules that may import it.
ONLY_IN = {
    "streamlit": {
        "app",
        "pages",
        "dashboard.main",
        "dashboard.ui",
        "dashboard.data",
        "dashboard.server",
        "gridrt_client.connection",
    },
    "requests": {"gridrt_client.transport"},
    "urllib3": {"gridrt_client.transport"},
    "redis": {"gridrt_client.sharing"},
    "duckdb": {"gridrt_client.duckdb_calls", "gridrt_client.decoding", "dashboard.analysis"},
    "gridrt_client.client": {"gridrt_client"},
    "gridrt_client.transport": {"gridrt_client"},
    "gridrt_client.connection": {"dashboard.data"},
    "plotly": {"dashboard.figures"},
    "pydeck": {"dashboard.figures"},
    "subprocess": {"dashboard.data"},
    "structlog": {"dashboard.server"},
    "prometheus_client": {"dashboard.server"},
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
    return any(inside(name, {package}) for name in imports(path))


def is_ours(name: str) -> bool:
    return name.split(".")[0] in OURS


def inside(name: str, places: Iterable[str]) -> bool:
    return any(name == place or name.startswith(f"{place}.") for place in places)


def modules() -> Iterator[tuple[str, Path]]:
    for part in OURS - {"tests"}:
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
def test_a_layer_imports_only_the_layers_below_it(part: str) -> None:
    files = python_files(part.replace(".", "/"))
    assert files, f"{part} is gone"
    allowed = MAY_IMPORT[part] | {part}
    broken = {
        name_of(path): others
        for path in files
        if (others := sorted(name for name in imports(path) if is_ours(name) and not inside(name, allowed)))
    }
    assert broken == {}


def test_every_module_is_in_a_layer() -> None:
    assert [name for name, _ in modules() if not inside(name, MAY_IMPORT) and name != "dashboard"] == []


@pytest.mark.parametrize("library", ONLY_IN)
def test_a_library_is_used_in_its_layers_only(library: str) -> None:
    users = {name for name, path in modules() if uses(path, library)}
    assert [user for user in users if not inside(user, ONLY_IN[library] | {library})] == []
    assert users, f"nothing uses {library}: the rule is out of date"


def test_the_strict_server_shares_no_code_and_no_library() -> None:
    for path in python_files("tests/strict_server"):
        if path.name.startswith("test_"):
            continue
        tops = {name.split(".")[0] for name in imports(path)} - {"tests"}
        assert tops <= sys.stdlib_module_names, path
        assert all(name.startswith("tests.strict_server") for name in imports(path) if name.startswith("tests")), path


@pytest.mark.parametrize("part", sorted(OURS))
def test_modules_and_functions_are_short(part: str) -> None:
    longest = LONGEST_TEST_MODULE if part == "tests" else LONGEST_MODULE
    lengths: dict[str, int] = {}
    for path in python_files(part):
        text = path.read_text(encoding="utf-8")
        lengths[name_of(path)] = len(text.splitlines()) - longest
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno and part != "tests":
                lengths[f"{name_of(path)}.{node.name}"] = node.end_lineno - node.lineno + 1 - LONGEST_FUNCTION
    assert {name: lines for name, lines in lengths.items() if lines > 0} == {}


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
