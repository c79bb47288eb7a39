"""The page looks as Streamlit draws it with our theme, with enough contrast."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files

import pytest
from playwright.sync_api import expect

from tests.e2e import programs
from tests.e2e.conftest import Visit
from tests.e2e.programs import Program
from tests.e2e.viewer import EVERY, Viewer

AXE = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
# What a rule that reaches too far would change, of the element that holds the text and of all around it.
LOOK = """(element) => {
    const look = getComputedStyle(element)
    const names = ["color", "fontFamily", "fontSize", "fontStyle", "fontWeight", "letterSpacing", "lineHeight",
        "padding", "textDecoration", "textTransform", "visibility", "whiteSpace", "wordSpacing"]
    let opacity = 1
    for (let one = element; one; one = one.parentElement) opacity *= getComputedStyle(one).opacity
    return { ...Object.fromEntries(names.map((name) => [name, look[name]])), opacity }
}"""
PARTS = {
    "title": "h1",
    "words of the title": "h1 span",
    "label in the sidebar": "[data-testid=stSidebar] .stMultiSelect [data-testid=stWidgetLabel] p",
    "chosen option": "[data-testid=stSidebar] [data-testid=stButtonGroup] [aria-checked=true] p",
    "caption of a table": "[data-testid=stMain] [data-testid=stCaptionContainer] p:has-text('newest first')",
    "button": ".st-key-export_events button p",
}


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """A page with Streamlit's elements and our theme only."""
    log = tmp_path_factory.mktemp("plain") / "log.txt"
    with programs.dashboard(log, {}, script="tests/e2e/plain_page.py") as program:
        yield program


def looks(viewer: Viewer) -> dict[str, object]:
    found = {name: viewer.page.locator(part).first for name, part in PARTS.items()}
    for part in found.values():
        expect(part).to_be_visible()
    return {name: part.evaluate(LOOK) for name, part in found.items()}


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_streamlits_elements_look_as_streamlit_draws_them(
    on_emulator: Program, plain: Program, visit: Visit, dark: bool
) -> None:
    expected = visit(plain, "/", dark=dark)
    assert looks(visit(on_emulator, "/events", dark=dark)) == looks(expected)
    expected.leave()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("view", EVERY)
def test_nothing_on_a_page_keeps_anybody_out(on_emulator: Program, visit: Visit, view: str, dark: bool) -> None:
    viewer = visit(on_emulator, f"{EVERY[view]}?eventType=PURCHASE", dark=dark)
    expect(viewer.key("freshness")).to_contain_text("updated")
    viewer.page.wait_for_timeout(1_000)  # figures fade in
    viewer.page.evaluate(AXE)
    # Vega draws an empty group for points to highlight into the small charts of `st.metric`.
    found = viewer.page.evaluate("axe.run({ exclude: [['.mark-symbol.role-mark']] })")
    grave = [rule for rule in found["violations"] if rule["impact"] in ("serious", "critical")]
    assert [(rule["id"], node["html"][:200]) for rule in grave for node in rule["nodes"]] == []
    assert sum(len(rule["nodes"]) for rule in found["passes"] if rule["id"] == "color-contrast") > 20
