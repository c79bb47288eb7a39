"""Every use of something private or undocumented of a library is listed here with its reason.

Such things may change with any version of the library. The tests fail when one is added, and when one of the list is
not used any more.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PLACES = ("app.py", "dashboard", "pages", "gridrt_client", "gridrt_emulator")

# Private names of Python libraries -> why they are used.
ATTRIBUTES: dict[str, str] = {
    "_instance": "streamlit.connections.BaseConnection: documented for subclasses",
    "_raw_instance": "streamlit.connections.BaseConnection: closes the client without making one first",
}
# Modules that are private, or that belong to no documented interface -> why they are imported.
MODULES: dict[str, str] = {
    "_thread": "documented in the standard library: interrupt_main ends the emulator from another thread",
    "streamlit.proto.BackMsg_pb2": "first_messages: whether a message asks for a run, which has to wait for its turn",
}
# Markup of Streamlit's page that `early_page` replaces -> why. What isn't found stays as it is.
MARKUP: dict[str, str] = {
    "<title>Streamlit</title>": "the title of the page before its scripts run",
    '<div id="root"></div>': "the element that Streamlit's scripts fill: the progress bar is in it until then",
}
# Selectors of elements that aren't ours -> why. Rules and scripts do nothing where they don't match.
SELECTORS: dict[str, str] = {
    "[data-testid=stSidebarCollapseButton]": "browser_fixes: closes the sidebar on a phone",
    "[data-testid=stMain]": "browser_fixes: the part of the page where figures are",
    "[data-testid=stFullScreenFrame]": "browser_fixes: the copy of a figure looks like the figure in full screen",
    "[data-title='Fullscreen']": "browser_fixes: the button that puts a new figure into full screen again",
    "[data-title='Close fullscreen']": "browser_fixes: whether a figure is in full screen",
    "[data-retained=true]": "browser_fixes: an element that Streamlit is about to remove is not the new figure",
    ".js-plotly-plot": "browser_fixes: a figure of Plotly",
    ".main-svg": "browser_fixes: whether Plotly has drawn it",
    "[style*='visibility: hidden']": "browser_fixes: Streamlit hides a figure until it is drawn",
    ".dvn-scroller": "auto_refresh, browser_fixes, style.css: what scrolls in a table, and where its header is",
    "[tabindex]": "browser_fixes: the canvas of a table, which takes the focus",
    "[aria-selected=true]": "browser_fixes: whether a cell of a table is chosen when Tab comes to it",
    '[aria-label="Search"]': "style.css: hides the search button of tables that show one page of many",
    "[data-tag]": "style.css: chosen values in `st.multiselect`, whose text has too little contrast in the dark theme",
    '[style*="touch-action"]': "style.css: lets a finger that moves up or down over the map scroll the page",
}
# Other things that scripts read or write of the page -> why.
SCRIPTED: dict[str, str] = {
    ".layout?.dragmode": "browser_fixes: whether a drag over a figure of Plotly selects; its documented attribute",
}
# Options of `.streamlit/config.toml` that `streamlit config show` doesn't list -> why they are set.
OPTIONS: dict[str, str] = {
    "global.minCachedMessageSize": "small elements that haven't changed aren't sent again either",
    "global.maxCachedMessageAge": "a browser far away keeps what the server has just referred to",
    "server.maxWidgetStateSize": "the longest message of a browser; the public limit holds for both directions",
    "runner.postScriptGC": "a full collection after every run took four fifths of the time with fifty viewers",
}
# Cookies of Streamlit that are read or taken away -> why. Their content is never read.
COOKIES: dict[str, str] = {
    "_streamlit_user": "a session is bound to the identity in it, and ends before this cookie does",
    "_streamlit_user_tokens": "taken away with the identity from requests without a session",
}

_NAMED_TUPLE = {"_replace", "_asdict", "_fields", "_make"}
_DOCUMENTED = re.compile(r"streamlit(\.(testing\.v1|connections)\b.*)?")
_SELECTOR = re.compile(r"\[[a-z][\w-]*(?:[*^$~|]?=[^\]]*)?\]|(?<![\w$])\.[a-zA-Z][\w-]*|(?<![\w&])#[a-zA-Z][\w-]*")
_OURS = re.compile(r"[.#](gridrt-|st-key-|arrival\b|picture\b)|\[class\*=st-key-\]")


def files(ending: str) -> Iterator[Path]:
    for place in PLACES:
        path = ROOT / place
        yield from sorted(path.rglob(f"*{ending}")) if path.is_dir() else [path] if path.suffix == ending else []


@cache
def trees() -> list[tuple[Path, ast.Module]]:
    return [(path, ast.parse(path.read_text(encoding="utf-8"))) for path in files(".py")]


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


def defined() -> set[str]:
    """Return all names that our own code defines."""
    found: set[str] = set()
    for _, tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                found.add(node.name)
            elif isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Store):
                found.add(node.id if isinstance(node, ast.Name) else node.attr)
    return found


def private_attributes() -> set[str]:
    ours = defined() | _NAMED_TUPLE
    nodes = (node for _, tree in trees() for node in ast.walk(tree))
    attributes = {node.attr for node in nodes if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load)}
    return {name for name in attributes if is_private(name) and name not in ours}


def private_modules() -> set[str]:
    found: set[str] = set()
    for _, tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found |= {
                    node.module,
                    *(f"{node.module}.{alias.name}" for alias in node.names if is_private(alias.name)),
                }
    foreign = {name for name in found if name.split(".")[0] not in {Path(place).stem for place in PLACES}}
    return {
        name
        for name in foreign
        if any(map(is_private, name.split(".")))
        or (name.split(".")[0] == "streamlit" and not _DOCUMENTED.fullmatch(name))
    }


def markup() -> set[str]:
    """Return the markup in texts of the server's modules that isn't our own."""
    found: set[str] = set()
    for path, tree in trees():
        if "server" in path.parts:
            for node in ast.walk(tree):
                if isinstance(node, ast.Constant) and isinstance(node.value, str | bytes):
                    text = node.value if isinstance(node.value, str) else node.value.decode()
                    found |= {text} if re.fullmatch(r"<.*>", text) and "Grid" not in text else set()
    return found


def cookies() -> set[str]:
    """Return the names of Streamlit's cookies among the texts of our modules."""
    nodes = (node for _, tree in trees() for node in ast.walk(tree))
    texts = (node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str))
    return {text for text in texts if text.startswith("_streamlit")}


def without_comments(source: str) -> str:
    return re.sub(r"/\*[\s\S]*?\*/|^\s*//.*$", " ", source, flags=re.MULTILINE)


def scripts() -> str:
    return "\n".join(without_comments(path.read_text(encoding="utf-8")) for path in files(".js"))


def selectors_in(text: str) -> set[str]:
    text = re.sub(r"\$\{KEY\}", "st-key-", text)
    text = re.sub(r"\$\{[^}]*\}", "", text)
    return {one for one in _SELECTOR.findall(text) if not _OURS.match(one)}


def selectors() -> set[str]:
    found: set[str] = set()
    for path in (*files(".css"), *files(".html")):
        text = without_comments(path.read_text(encoding="utf-8"))
        heads = re.findall(r"([^{};]+)\{", text)
        found |= {one for head in heads for one in selectors_in(head)}
    for literal in re.findall(r'"[^"\n]*"|`[^`]*`', scripts()):
        found |= selectors_in(literal[1:-1])
    return found


def scripted() -> set[str]:
    return set(re.findall(r"\b(?:window|globalThis)\.\w+|\.layout\b\S*\.\w+|\b_full\w+", scripts()))


def hidden_options() -> set[str]:
    """Return the options that are set and that Streamlit's own listing leaves out."""
    config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    command = [sys.executable, "-m", "streamlit", "config", "show"]
    shown = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60, cwd="/").stdout
    shown = re.sub(r"\x1b\[[0-9;]*m", "", shown)
    known: set[str] = set()
    section = ""
    for line in shown.splitlines():
        if match := re.fullmatch(r"\[([\w.]+)\]", line.strip()):
            section = match[1]
        elif match := re.match(r"#?\s*(\w+) =", line):
            known.add(f"{section}.{match[1]}")
    return {name for name in options(config) if name not in known}


def options(section: dict[str, object], prefix: str = "") -> Iterator[str]:
    for name, value in section.items():
        if isinstance(value, dict):
            yield from options(value, f"{prefix}{name}.")
        else:
            yield prefix + name


@pytest.mark.parametrize(
    ("find", "listed"),
    [
        (private_attributes, ATTRIBUTES),
        (private_modules, MODULES),
        (markup, MARKUP),
        (selectors, SELECTORS),
        (cookies, COOKIES),
        (scripted, SCRIPTED),
        (hidden_options, OPTIONS),
    ],
    ids=["attributes", "modules", "markup", "selectors", "cookies", "scripted", "options"],
)
def test_what_is_private_is_listed(find: Callable[[], set[str]], listed: dict[str, str]) -> None:
    assert find() == set(listed)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("[data-testid=stMain] .st-key-a", {"[data-testid=stMain]"}),
        ("[class*=${KEY}] .st-emotion-cache-1 > b", {".st-emotion-cache-1"}),
        (".gridrt-a:hover, #root .picture", {"#root"}),
        ("updated ${1.5.toFixed()} s ago.", set()),
    ],
)
def test_a_selector_is_found(text: str, found: set[str]) -> None:
    assert selectors_in(text) == found
