"""The requirements files name every package that is imported, and pin every package that these bring along."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
OURS = {path.name.removesuffix(".py") for path in ROOT.iterdir() if path.suffix == ".py" or path.is_dir()}
# A benchmark's program runs outside the package and imports this from a folder.
OURS.add("decode")
RUN = ("requirements.txt",)
DEVELOP = ("requirements.txt", "requirements-dev.txt")
NEEDED_BY = {
    "app.py": RUN,
    "dashboard": RUN,
    "gridrt_client": RUN,
    "gridrt_emulator": RUN,
    "pages": RUN,
    "tests": DEVELOP,
}


def pinned(names: tuple[str, ...], *, by_name_only: bool = False) -> dict[str, Requirement]:
    """Return the requirements of the files by their canonical name."""
    found: dict[str, Requirement] = {}
    for name in names:
        text = (ROOT / name).read_text(encoding="utf-8")
        for line in (text.partition("# brought along")[0] if by_name_only else text).splitlines():
            if line and not line.startswith(("#", "-r")):
                requirement = Requirement(line)
                found[canonicalize_name(requirement.name)] = requirement
    return found


def imported(path: Path) -> Iterator[str]:
    """Yield the top-level modules that are imported by a file, inside functions too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def required(name: str, extras: frozenset[str]) -> Iterator[Requirement]:
    """Yield what an installed package requires here, with these extras."""
    for text in metadata.requires(name) or []:
        requirement = Requirement(text)
        marker = requirement.marker
        if marker is None or any(marker.evaluate({"extra": extra}) for extra in {"", *extras}):
            yield requirement


@pytest.mark.parametrize("place", NEEDED_BY)
def test_every_import_is_named(place: str) -> None:
    paths = [ROOT / place] if place.endswith(".py") else (ROOT / place).rglob("*.py")
    modules = {module for path in paths for module in imported(path)} - sys.stdlib_module_names - OURS
    # What others bring along anyway is good enough for tests.
    named = pinned(NEEDED_BY[place], by_name_only=place != "tests")
    packages = metadata.packages_distributions()
    missing = {
        module
        for module in modules
        if not any(canonicalize_name(package) in named for package in packages.get(module, ()))
    }
    assert not missing


@pytest.mark.parametrize("names", [RUN, DEVELOP], ids=["run", "develop"])
def test_every_package_that_is_brought_along_is_pinned(names: tuple[str, ...]) -> None:
    pins = pinned(names)
    here = [one for one in pins.values() if one.marker is None or one.marker.evaluate()]
    # pip is what installs the others.
    known, missing = {"pip": frozenset[str]()}, {}
    ahead = list(here)
    while ahead:
        package = ahead.pop()
        for requirement in required(package.name, frozenset(package.extras)):
            name = canonicalize_name(requirement.name)
            extras = known.get(name, frozenset())
            if name not in known or not requirement.extras <= extras:
                known[name] = extras | requirement.extras
                ahead.append(requirement)
            if name not in pins and name != "pip":
                missing[name] = f"{requirement.name}=={metadata.version(name)}, for {package.name}"
    assert not missing, missing


@pytest.mark.parametrize("name", DEVELOP)
def test_every_pin_is_exact(name: str) -> None:
    pins = pinned((name,))
    assert pins
    assert [str(one) for one in pins.values() if [spec.operator for spec in one.specifier] != ["=="]] == []
