"""The hands and eyes of the benchmark: a page that opens views, changes filters, and knows when all is drawn."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page

from tests.e2e.viewer import IDLE

_CHART, _MAP = ".js-plotly-plot .main-svg", "[data-testid=stDeckGlJsonChart] canvas"
_TABLE = "[data-testid=stDataFrame] canvas"
PARTS = {"/events": (_CHART, _TABLE), "/sessions": (_MAP, _TABLE)}
BUSY = "[data-testid=stSkeleton], [data-testid=stSpinner], [data-testid=stProgress]"
QUIET_MS = 600
PATIENCE_MS = 600_000
_WATCH = Path(__file__).with_name("watch.js").read_text(encoding="utf-8")
# The script has ended, every part is there, and nothing has moved for a while. What counts is when it last moved.
_DRAWN = f"""([parts]) => {{
    const seen = window.__seen
    if (!seen || !seen.messages || !seen.still() || !document.querySelector({IDLE!r})) return false
    if (document.querySelector({BUSY!r})) return false
    if (!parts.every((part) => document.querySelector(part))) return false
    return performance.now() - Math.max(seen.drawn, seen.message) > {QUIET_MS}
}}"""


class Visitor:
    """One person with a browser of their own: nothing is cached from a visit before."""

    def __init__(self, browser: Browser, origin: str) -> None:
        self.context: BrowserContext = browser.new_context(
            viewport={"width": 1400, "height": 900}, locale="en-US", timezone_id="Europe/Stockholm"
        )
        self.context.set_default_timeout(PATIENCE_MS)
        self.context.add_init_script(_WATCH)
        self.page: Page = self.context.new_page()
        self.origin = origin

    def __enter__(self) -> Visitor:
        return self

    def __exit__(self, *_: object) -> None:
        self.context.close()

    def open(self, view: str, query: str = "refresh=off") -> float:
        """Seconds until map, chart and table of a view are drawn."""
        self.page.goto(f"{self.origin}{view}?{query}", wait_until="commit")
        return self._drawn(view)

    def choose_type(self, view: str, value: str) -> float:
        """Seconds from the Enter key until the view is drawn for another eventType."""
        box = self.page.locator("[data-testid=stSidebar] .st-key-eventType input")
        box.click()
        box.fill(value)
        # The list that opens must not count as drawing.
        self.page.wait_for_timeout(300)
        self.page.keyboard.press("Enter")
        seconds = self._drawn(view)
        if f"eventType={value}" not in self.page.url:
            raise RuntimeError(f"The filter was not taken: {self.page.url}")
        return seconds

    def clear_type(self, view: str) -> float:
        """Seconds from the click that clears the filter until the view is drawn for all types."""
        self.page.locator("[data-testid=stSidebar] .st-key-eventType [aria-label='Clear value']").click()
        seconds = self._drawn(view)
        if "eventType=" in self.page.url:
            raise RuntimeError(f"The filter was not cleared: {self.page.url}")
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
        session = self.context.new_cdp_session(self.page)
        session.send("HeapProfiler.collectGarbage")
        session.send("Performance.enable")
        metrics = {metric["name"]: metric["value"] for metric in session.send("Performance.getMetrics")["metrics"]}
        session.detach()
        return float(metrics["JSHeapUsedSize"])

    def settle(self, seconds: float) -> None:
        """Stay on the page for a while."""
        self.page.wait_for_timeout(seconds * 1000)

    def wait(self, view: str) -> None:
        self._drawn(view)

    def _drawn(self, view: str) -> float:
        began = time.monotonic()
        self.page.wait_for_function(_DRAWN, arg=[list(PARTS[view])], timeout=PATIENCE_MS, polling=50)
        seen = self.seen()
        if seen["drawn"] <= seen["acted"]:
            raise RuntimeError(f"Nothing was drawn on {view} for {time.monotonic() - began:.1f} s")
        return float(seen["drawn"] - seen["acted"]) / 1000
