"""A viewer: a browser context that opens pages, reads them and collects errors."""

from __future__ import annotations

import csv
import io
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Download, Locator, Page, WebSocket, expect

# Long enough for a loaded machine; a test that passes waits only as long as it has to.
PATIENCE_MS = 30_000
expect.set_options(timeout=PATIENCE_MS)
IDLE = "[data-testid=stApp][data-test-connection-state=CONNECTED][data-test-script-state=notRunning]"
RED = "[data-testid=stException], [data-testid=stAlertContentError]"
PATHS = {"live": "/", "sessions": "/sessions", "events": "/events", "latest": "/latest"}
EVERY = PATHS | {"stores": "/stores", "store": "/store", "analytics": "/analytics", "session": "/session"}
# On a deep link Streamlit itself tries its health check below the page's path first.
PROBE = re.compile(r"/(sessions?|stores?|events|latest|analytics|status)/_stcore/(health|host-config)")

_FAR_AWAY = """
const listen = WebSocket.prototype.addEventListener
WebSocket.prototype.addEventListener = function (type, listener, options) {
    const later = (event) => setTimeout(() => listener.call(this, event), %d)
    return listen.call(this, type, type === "message" ? later : listener, options)
}
"""


def far_away(milliseconds: int = 500) -> str:
    """Return a script with which the browser gets each message of the server later."""
    return _FAR_AWAY % milliseconds


class Viewer:
    """One browser context with one page.

    Attributes
    ----------
    complaints
        Errors of the console and of the page's scripts, requests that failed, requests to other machines.
    visits
        How many tests it was lent to.
    failed
        Whether a test failed with it: it may be in any state.
    """

    def __init__(self, context: BrowserContext, origin: str) -> None:
        self.context = context
        self.visits = 0
        self.begin(origin)
        context.set_default_timeout(PATIENCE_MS)
        context.on("request", lambda request: self._only_this_machine(request.url))
        self.page: Page = context.new_page()
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.complaints.append(f"page error: {error}"))
        self.page.on("crash", lambda _: self.complaints.append("the page crashed"))
        self.page.on("dialog", self._dialog)
        self.page.on("websocket", self._websocket)
        self.page.on("framenavigated", lambda frame: self.urls.append(frame.url))

    def begin(self, origin: str) -> None:
        """Visit this server from now on; nothing is noted so far."""
        self.origin = origin
        self.visits += 1
        self.failed = False
        self.complaints: list[str] = []
        self.urls: list[str] = []
        self._frames: list[bytes] = []

    def open(self, path: str = "/") -> Viewer:
        self.page.goto(self.origin + path)
        self.settle()
        return self

    def leave(self) -> None:
        """Close the page before the server ends: otherwise it reports a lost connection."""
        if self.page.url.startswith("http"):
            self.page.evaluate("localStorage.clear(); sessionStorage.clear()")
        self.page.goto("about:blank")

    def forget(self) -> None:
        """Be like a new viewer, except for scripts that the browser has in its cache."""
        self.leave()
        for page in self.context.pages:
            if page != self.page:
                page.close()
        self.context.clear_cookies()
        self.context.clear_permissions()
        self.page.mouse.move(-10, -10)  # over nothing

    def settle(self) -> None:
        """Wait until the script has run and everything that it drew is there."""
        self.page.wait_for_selector(IDLE, state="attached")
        expect(self.page.locator("[data-testid=stSkeleton], [data-testid=stSpinner]")).to_have_count(0)
        # A click or a change in the link may take a moment until it starts the next run.
        self.page.wait_for_timeout(150)
        self.page.wait_for_selector(IDLE, state="attached")

    def key(self, key: str) -> Locator:
        """Return the element of a key, not one that Streamlit is about to remove."""
        return self.page.locator(f".st-key-{key}:not([data-retained=true])")

    def metric(self, key: str) -> str:
        return self.key(key).locator("[data-testid=stMetricValue]").inner_text().strip()

    def number(self, key: str) -> int:
        """Return a metric's value, which must be a whole number with thousands separators."""
        text = self.metric(key)
        assert re.fullmatch(r"\d{1,3}(,\d{3})*", text), f"{key} shows {text!r}"
        return int(text.replace(",", ""))

    def text(self) -> str:
        return self.page.locator("[data-testid=stApp]").inner_text()

    def go(self, title: str) -> None:
        """Change the page through the navigation."""
        self.key("views").get_by_role("link", name=re.compile(rf"\b{title}$")).click()
        self.at(title)

    def at(self, title: str) -> None:
        """Wait until the page of this title is drawn."""
        expect(self.page.locator("h1")).to_have_text(title)
        self.settle()

    def back(self, title: str) -> None:
        """Go one step back in the history, which leads to the page of this title."""
        self.page.go_back()
        self.at(title)

    def query(self) -> dict[str, list[str]]:
        return parse_qs(urlsplit(self.page.url).query, keep_blank_values=True)

    def choose(self, name: str, value: str) -> None:
        """Type a value into a filter of the sidebar and choose it besides others, whether it is an option or not."""
        box = self.filter(name).locator("input")
        box.click()
        box.fill(value)
        chosen = self.filter(name).locator("[data-tag]")
        before = chosen.count()
        self.page.keyboard.press("Enter")
        expect(self.key(f"chip_{name}_{before}")).to_be_visible()
        # As long as the list is open everything else is hidden from those who can't see.
        self.page.keyboard.press("Escape")
        self.settle()

    def filter(self, name: str) -> Locator:
        """Return the widget of a filter in the sidebar."""
        return self.page.locator("[data-testid=stSidebar]").locator(f".st-key-{name}")

    def opened(self, key: str) -> Locator:
        """Open the popover of this key, if it isn't open, and return what is in it."""
        body = self.page.locator("[data-testid=stPopoverBody]")
        if not body.count():
            self.key(key).get_by_role("button").first.click()
        expect(body).to_be_visible()
        self.settle()
        return body

    def notes(self) -> str:
        """Open what is to be known about the quality of the data, and return its text."""
        return self.opened("data_quality").inner_text()

    def pointed_at(self, words: str, x: float, y: float, tries: int) -> bool:
        """Move the mouse there; whether the map tells these words of what is there, looked for so many times."""
        tooltip = self.page.locator(".deck-tooltip").filter(has_text=words, visible=True)
        for _ in range(tries):
            self.page.mouse.move(x - 60, y)
            self.page.mouse.move(x, y, steps=3)
            self.page.wait_for_timeout(250)
            if tooltip.count():
                return True
        return False

    def download(self, key: str) -> Download:
        with self.page.expect_download(timeout=PATIENCE_MS) as waiting:
            self.key(key).get_by_role("button").click()
        return waiting.value

    def csv(self, key: str) -> tuple[str, list[dict[str, str]]]:
        """Return the file name and the rows of an export."""
        file = self.download(key)
        text = file.path().read_text(encoding="utf-8-sig")
        return file.suggested_filename, list(csv.DictReader(io.StringIO(text, newline="")))

    def received(self) -> bytes:
        """Return everything that the server has sent to draw the page."""
        return b"".join(self._frames)

    def assert_drawn(self) -> None:
        """Assert that the page is drawn, without an error or a traceback."""
        problems = self.page.locator(RED).all_inner_texts()
        assert problems == []
        assert "Traceback" not in self.text()
        expect(self.page.locator("h1").first).to_be_visible()

    def _only_this_machine(self, url: str) -> None:
        """Not by routing, which would switch the browser's cache off: its resolver knows no other host anyway."""
        parts = urlsplit(url)
        if parts.scheme not in ("data", "blob") and parts.hostname not in ("127.0.0.1", "localhost"):
            self.complaints.append(f"a request leaves the machine: {url}")

    def _websocket(self, socket: WebSocket) -> None:
        self._only_this_machine(socket.url)
        socket.on("framereceived", self._frame)

    def _console(self, message: ConsoleMessage) -> None:
        where: Any = message.location
        if message.type == "error" and not PROBE.search(f"{where.get('url', '')} {message.text}"):
            self.complaints.append(f"console: {message.text} ({where.get('url', '')})")

    def _frame(self, payload: str | bytes) -> None:
        self._frames.append(payload.encode() if isinstance(payload, str) else payload)

    def _dialog(self, dialog: Any) -> None:
        self.complaints.append(f"a dialog opened: {dialog.message}")
        dialog.dismiss()
