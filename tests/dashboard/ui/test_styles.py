"""Rules of our stylesheets apply to our own elements only."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PLACES = ("app.py", "dashboard", "pages")
# Ids and classes that we write ourselves, and the classes that Streamlit makes of our keys.
OURS = re.compile(r"(#arrival|\.gridrt-[\w-]+|\.st-key-[\w-]+)(?![\w-])")
# Selector -> why it can't begin with a key or a class of ours.
UNAVOIDABLE: dict[str, str] = {
    ":root:has(.st-key-present)": "the size that all others are multiples of; only while the page is on a wall",
}

_STYLE = re.compile(r"<style[^>]*>(.*?)(?:</style>|$)", re.DOTALL | re.IGNORECASE)


def files(ending: str) -> Iterator[Path]:
    for place in PLACES:
        path = ROOT / place
        yield from sorted(path.rglob(f"*{ending}")) if path.is_dir() else [path] if path.suffix == ending else []


def in_python(source: str) -> Iterator[str]:
    """Return the styles in a module: arguments ``css=…``, and ``<style>`` within any text."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.keyword) and node.arg == "css":
            assert isinstance(node.value, ast.Constant | ast.Call), "a stylesheet that can't be read from the source"
            if isinstance(node.value, ast.Constant):
                yield str(node.value.value)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from _STYLE.findall(node.value)


def stylesheets() -> Iterator[tuple[str, str]]:
    for path in files(".css"):
        yield path.name, path.read_text(encoding="utf-8")
    for ending in (".html", ".js"):
        for path in files(ending):
            yield from ((path.name, found) for found in _STYLE.findall(path.read_text(encoding="utf-8")))
    for path in files(".py"):
        yield from ((path.name, found) for found in in_python(path.read_text(encoding="utf-8")))


def selectors(css: str) -> list[str]:
    """Return all selectors of a stylesheet, also within ``@media`` and the like; steps of ``@keyframes`` are none."""
    found: list[str] = []
    inside: list[str] = []
    start = 0
    css = re.sub(r"/\*.*?\*/", " ", css, flags=re.DOTALL)
    for place, character in enumerate(css):
        if character == "{":
            head = css[start:place].strip()
            nested = bool(inside) and not inside[-1].startswith("@")
            if not head.startswith("@") and not nested and not any(name.startswith("@keyframes") for name in inside):
                found += [one.strip() for one in re.split(r",(?![^(]*\))", head)]
            inside.append(head)
        elif character == "}":
            inside.pop()
        if character in "{};":
            start = place + 1
    assert inside == [], "braces don't match"
    return found


def reaching_out(css: str) -> list[str]:
    return [one for one in selectors(css) if not OURS.match(one) and one not in UNAVOIDABLE]


@pytest.mark.parametrize(
    ("css", "found"),
    [
        ("span { opacity: 0.7 }", ["span"]),
        (".gridrt-a, h1 > .gridrt-b { top: 0 }", ["h1 > .gridrt-b"]),
        (
            '@media (max-width: 9px) { [data-testid="stMain"] { top: 0 } .st-key-a p { top: 0 } }',
            ['[data-testid="stMain"]'],
        ),
        ("@keyframes a { to { top: 0 } } * { top: 0 } /* p { } */", ["*"]),
        (".gridrt { top: 0 } :root { --a: 1 } .st-keys { top: 0 }", [".gridrt", ":root", ".st-keys"]),
        (":root:has(.st-key-presents) { top: 0 }", [":root:has(.st-key-presents)"]),
        (".st-key-a:not(:is(b, i)) { &:hover { top: 0 } }", []),
    ],
)
def test_a_rule_that_reaches_out_is_found(css: str, found: list[str]) -> None:
    assert reaching_out(css) == found


def test_every_rule_begins_with_something_of_ours() -> None:
    sheets = list(stylesheets())
    assert {name for name, _ in sheets} >= {"style.css", "early_page.html"}
    assert {name: found for name, css in sheets if (found := reaching_out(css))} == {}
    met = {one for _, css in sheets for one in selectors(css)}
    assert set(UNAVOIDABLE) <= met, "an exception that isn't needed any more"


def test_scripts_write_no_rules() -> None:
    writes = re.compile(r"insertRule|adoptedStyleSheets|createElement\([\"']style|\.cssText")
    assert [path.name for path in files(".js") if writes.search(path.read_text(encoding="utf-8"))] == []
