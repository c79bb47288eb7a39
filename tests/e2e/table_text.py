"""The cells of a table as a screen reader gets them: the grid is a canvas, which holds a table of what is in view."""

from __future__ import annotations

from playwright.sync_api import Locator, expect

from tests.e2e.viewer import Viewer

CELLS = """
grid => [...grid.querySelectorAll('[aria-rowindex]')].flatMap(row => [...row.children].map(
    cell => [+row.getAttribute('aria-rowindex'), +cell.getAttribute('aria-colindex'), cell.textContent]))
"""
SCROLL = """
(one, [left, top]) => {
    one.scrollLeft = left; one.scrollTop = top;
    return [one.scrollWidth - one.clientWidth, one.scrollHeight - one.clientHeight];
}
"""
STEP = 250
FOLLOWS_MS = 350
"""The table of what is in view follows a moment after it was scrolled, on a busy machine a longer one."""
TIMES = 4


def read(viewer: Viewer, table: Locator) -> list[dict[str, str]]:
    """Return all rows of the first table in an element, each by the titles of its columns."""
    grid, scroller = table.locator("canvas table").first, table.locator(".dvn-scroller").first
    # A table out of sight isn't drawn.
    table.locator("[data-testid=stDataFrame]").first.scroll_into_view_if_needed()
    expect(grid.locator("tbody td").first).to_be_attached()
    found: dict[tuple[int, int], str] = {}
    for _ in range(TIMES):
        width, height = scroller.evaluate(SCROLL, [0, 0])
        places = [(left, top) for left in _steps(width) for top in _steps(height)]
        for place in places:
            if len(places) > 1:
                scroller.evaluate(SCROLL, list(place))
                viewer.page.wait_for_timeout(FOLLOWS_MS)
            found |= {(row, column): text for row, column, text in grid.evaluate(CELLS)}
        if len(places) > 1:
            scroller.evaluate(SCROLL, [0, 0])
        # The titles are a row, too.
        if len({row for row, _ in found}) >= int(grid.get_attribute("aria-rowcount") or 0):
            break
        viewer.page.wait_for_timeout(FOLLOWS_MS)
    titles = {column: text for (row, column), text in found.items() if row == 1}
    numbers = sorted({row for row, _ in found if row > 1})
    return [{titles[column]: found.get((row, column), "") for column in sorted(titles)} for row in numbers]


def _steps(reach: float) -> list[int]:
    """The positions to scroll to, so that all of a hidden length is seen."""
    return [0] if reach < 1 else [*range(0, int(reach), STEP), int(reach) + 1]
