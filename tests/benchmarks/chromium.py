"""Chromium over its own DevTools protocol, with nothing but what the benchmark needs.

Not Playwright: it has the browser tell it every frame of every websocket, as text. The tables of the straightforward
page are frames of hundreds of megabytes: its driver ran out of memory over them, and what does the measuring would be
a part of what is measured.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

PATIENCE_SECONDS = 600.0
_START_SECONDS = 30.0
_HEADLESS = (
    "--headless=new",
    "--hide-scrollbars",
    "--mute-audio",
    "--disable-extensions",
    "--no-default-browser-check",
    # A page that nobody looks at would be slowed down.
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
    "--enable-unsafe-swiftshader",
    "--remote-debugging-port=0",
)


class BrowserError(RuntimeError):
    """The browser could not do it, did not answer in time, or is gone."""


class Chromium:
    """A running browser."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)

    def call(self, method: str, session: str | None = None, **parameters: Any) -> dict[str, Any]:
        """The answer to one command; BrowserError."""
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": parameters}
        deadline = time.monotonic() + PATIENCE_SECONDS
        try:
            self._socket.send(json.dumps(message if session is None else {**message, "sessionId": session}))
            while True:
                answer = json.loads(self._socket.recv(timeout=max(0.0, deadline - time.monotonic())))
                if answer.get("id") == number:
                    break
        except (ConnectionClosed, TimeoutError) as error:
            raise BrowserError(f"the browser gave no answer to {method}: {type(error).__name__}") from error
        if "error" in answer:
            raise BrowserError(f"{method}: {answer['error']['message']}")
        result: dict[str, Any] = answer["result"]
        return result


class Page:
    """A page of a person with a browser of their own: nothing is cached from a visit before.

    With ``is_used`` it is another window of the browser's own profile, which keeps what earlier ones have loaded.
    """

    def __init__(self, browser: Chromium, script: str, *, is_used: bool = False) -> None:
        self._browser = browser
        self._context = "" if is_used else browser.call("Target.createBrowserContext")["browserContextId"]
        place: dict[str, Any] = {"browserContextId": self._context} if self._context else {"newWindow": True}
        where = {"url": "about:blank", "width": 1400, "height": 900, **place}
        self._target = browser.call("Target.createTarget", **where)["targetId"]
        self._session = browser.call("Target.attachToTarget", targetId=self._target, flatten=True)["sessionId"]
        self.call("Page.enable")
        screen = {"width": 1400, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        self.call("Emulation.setDeviceMetricsOverride", **screen)
        self.call("Emulation.setTimezoneOverride", timezoneId="Europe/Stockholm")
        self.call("Emulation.setLocaleOverride", locale="en-US")
        self.call("Emulation.setFocusEmulationEnabled", enabled=True)
        self.call("Page.addScriptToEvaluateOnNewDocument", source=script)

    def close(self) -> None:
        if self._context:
            self._browser.call("Target.disposeBrowserContext", browserContextId=self._context)
        else:
            self._browser.call("Target.closeTarget", targetId=self._target)

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        return self._browser.call(method, self._session, **parameters)

    def goto(self, url: str) -> None:
        """Start to load a page; it is not waited for."""
        failed = self.call("Page.navigate", url=url).get("errorText")
        if failed:
            raise BrowserError(f"{url}: {failed}")

    def evaluate(self, expression: str) -> Any:
        """The value of a JavaScript expression, as JSON; BrowserError when it throws."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise BrowserError(f"{expression[:60]!r}: {answer['exceptionDetails']['text']}")
        return answer["result"].get("value")

    def until(self, expression: str, poll: float = 0.05) -> None:
        """Wait until an expression is true."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not self.evaluate(expression):
            if time.monotonic() > deadline:
                raise BrowserError(f"not true after {PATIENCE_SECONDS:.0f} s: {expression[:60]!r}")
            time.sleep(poll)

    def click(self, selector: str) -> None:
        """Click into the middle of the first element that matches, as soon as there is one."""
        found = f"document.querySelector({json.dumps(selector)})"
        self.until(f"Boolean({found}?.getBoundingClientRect().width)")
        self.evaluate(f"{found}.scrollIntoView({{block: 'nearest'}})")
        box = self.evaluate(f"{found}.getBoundingClientRect().toJSON()")
        where = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
        self.call("Input.dispatchMouseEvent", type="mouseMoved", **where)
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, button="left", clickCount=1, **where)

    def write(self, text: str) -> None:
        """Put text in where the cursor is."""
        self.call("Input.insertText", text=text)

    def press(self, key: str) -> None:
        """Press the key ``Enter`` or ``Escape``."""
        code, text = {"Enter": (13, {"text": "\r"}), "Escape": (27, {})}[key]
        named = {"key": key, "code": key, "windowsVirtualKeyCode": code}
        self.call("Input.dispatchKeyEvent", type="keyDown", **named, **text)
        self.call("Input.dispatchKeyEvent", type="keyUp", **named)

    def heap_bytes(self) -> float:
        """The page's JavaScript heap after a collection of what is not used any more."""
        self.call("HeapProfiler.collectGarbage")
        return self.metrics()["JSHeapUsedSize"]

    def metrics(self) -> dict[str, float]:
        """What the browser counts of the page, by its names: ``Nodes``, ``JSHeapUsedSize``."""
        self.call("Performance.enable")
        return {metric["name"]: float(metric["value"]) for metric in self.call("Performance.getMetrics")["metrics"]}


@contextlib.contextmanager
def started(path: str, folder: Path, arguments: list[str]) -> Iterator[Chromium]:
    """A browser with a profile of its own in ``folder``."""
    folder.mkdir()
    command = [path, *_HEADLESS, *arguments, f"--user-data-dir={folder}"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            with connect(_address(process, folder / "DevToolsActivePort"), max_size=None, compression=None) as socket:
                yield Chromium(socket)
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


def _address(process: subprocess.Popen[bytes], port_file: Path) -> str:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        # The port and the path, each on a line of its own; half of it may be there.
        lines = port_file.read_text(encoding="utf-8").split() if port_file.exists() else []
        if len(lines) == 2:
            return f"ws://127.0.0.1:{lines[0]}{lines[1]}"
        time.sleep(0.05)
    raise BrowserError("the browser did not start")
