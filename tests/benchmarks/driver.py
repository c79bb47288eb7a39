"""The hands and eyes of the benchmark: a page that opens views, changes filters, and knows when all is drawn."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

from tests.benchmarks.chromium import BrowserError, Chromium, Page
from tests.e2e.viewer import IDLE

_CHART, _MAP = ".js-plotly-plot .main-svg", "[data-testid=stDeckGlJsonChart] canvas"
_TABLE = "[data-testid=stDataFrame] canvas"
_FILTER = "[data-testid=stSidebar] .st-key-eventType"
PARTS = {"/events": (_CHART, _TABLE), "/sessions": (_MAP, _TABLE)}
"""What is drawn last of the views that the straightforward page has too."""
OTHERS = {
    "/": (_CHART, _TABLE),
    "/stores": (_MAP, _TABLE),
    "/store": (_CHART,),
    "/latest": (_TABLE,),
    "/analytics": (_CHART, _TABLE),
    "/analytics?panel=Flow": (_CHART,),
    "/analytics?panel=Products": (_TABLE,),
    "/analytics?panel=Searches": (_TABLE,),
    "/events?panel=differences&from=now-3h": (_CHART, _TABLE),
    "/events?find=merino": (_CHART, _TABLE),
}
"""The same of the others."""
DASH_PARTS = (_CHART, "[data-testid=stMain] .ag-row .ag-cell:not(:empty)")
BUSY = "[data-testid=stSkeleton], [data-testid=stSpinner], [data-testid=stProgress]"
QUIET_MS = 600
_WATCH = Path(__file__).with_name("watch.js").read_text(encoding="utf-8")
# The script has ended, every part is there, and nothing has moved for a while. What counts is when it last moved.
_DRAWN = f"""((parts, isStreamlit) => {{
    const seen = window.__seen
    if (!seen || !seen.still()) return false
    if (isStreamlit && (!seen.messages || !document.querySelector({IDLE!r}))) return false
    if (document.querySelector({BUSY!r})) return false
    if (!parts.every((part) => document.querySelector(part))) return false
    return performance.now() - Math.max(seen.drawn, seen.message) > {QUIET_MS}
}})"""


class Visitor:
    """One person with a browser of their own: nothing is cached from a visit before, unless ``is_used``."""

    def __init__(self, browser: Chromium, origin: str, *, is_used: bool = False) -> None:
        self.page = Page(browser, _WATCH, is_used=is_used)
        self.origin = origin

    def __enter__(self) -> Visitor:
        return self

    def __exit__(self, *_: object) -> None:
        self.page.close()

    def open(self, view: str, query: str = "refresh=off") -> float:
        """Seconds until map, chart and table of a view are drawn."""
        self._goto(f"{self.origin}{view}{'&' if '?' in view else '?'}{query}")
        return self._drawn(view)

    def open_dash(self) -> float:
        """The same for the Dash page."""
        self._goto(f"{self.origin}/")
        return self._until_drawn(DASH_PARTS, is_streamlit=False)

    def choose_type(self, view: str, value: str) -> float:
        """Seconds from the Enter key until the view is drawn for another eventType."""
        self.page.click(f"{_FILTER} input")
        self.page.write(value)
        # The list that opens must not count as drawing.
        time.sleep(0.3)
        self.page.press("Enter")
        seconds = self._drawn(view)
        if f"eventType={value}" not in self._url():
            raise BrowserError(f"The filter was not taken: {self._url()}")
        return seconds

    def clear_type(self, view: str) -> float:
        """Seconds from the click that clears the filter until the view is drawn for all types."""
        # A list that is still open would take the click; where none is, the key clears the select box.
        if self.page.evaluate("Boolean(document.querySelector('[role=listbox]'))"):
            self.page.press("Escape")
        self.page.click(f"{_FILTER} [aria-label='Clear value'], .st-key-chip_eventType_0 button")
        seconds = self._drawn(view)
        if "eventType=" in self._url():
            raise BrowserError(f"The filter was not cleared: {self._url()}")
        return seconds

    def progress_after(self) -> float | None:
        """Seconds after the start of the navigation at which something first told of work under way."""
        at = self.seen()["progress"]
        return None if at is None else at / 1000

    def seen(self) -> dict[str, Any]:
        seen: dict[str, Any] = self.page.evaluate("({...window.__seen})")
        return seen

    def http_bytes(self) -> int:
        """What came over HTTP on this page, without the app's own assets (scripts, styles, fonts, outlines)."""
        entries: list[list[Any]] = self.page.evaluate(
            "performance.getEntries().filter((e) => 'transferSize' in e).map((e) => [e.name, e.transferSize])"
        )
        return sum(size for name, size in entries if "/static/" not in name)

    def heap_bytes(self) -> float:
        """The page's JavaScript heap after a collection of what is not used any more."""
        return self.page.heap_bytes()

    def _goto(self, url: str) -> None:
        # What an earlier page has drawn doesn't count.
        self.page.evaluate("window.__seen = null")
        self.page.goto(url)

    def _url(self) -> str:
        return str(self.page.evaluate("location.href"))

    def _drawn(self, view: str) -> float:
        return self._until_drawn((PARTS | OTHERS)[view])

    def _until_drawn(self, parts: tuple[str, ...], *, is_streamlit: bool = True) -> float:
        began = time.monotonic()
        self.page.until(f"{_DRAWN}({json.dumps(parts)}, {json.dumps(is_streamlit)})")
        seen = self.seen()
        if seen["drawn"] <= seen["acted"]:
            raise BrowserError(f"Nothing was drawn on {self._url()} for {time.monotonic() - began:.1f} s")
        return float(seen["drawn"] - seen["acted"]) / 1000
