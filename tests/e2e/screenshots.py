"""Make the README's pictures from the running app: ``python -m tests.e2e.screenshots``."""

from __future__ import annotations

import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.e2e import browser as browsers
from tests.e2e import programs
from tests.e2e.conftest import ARGUMENTS
from tests.e2e.viewer import Viewer

DOCS = programs.ROOT / "docs"
PICTURES = (
    ("now-light", "/", "light"),
    ("stores-dark", "/stores", "dark"),
    ("store-light", "/store?spaceId=space-paris-rue-de-rivoli", "light"),
    ("events-dark", "/events", "dark"),
    ("devices-light", "/latest", "light"),
    ("behaviour-dark", "/analytics", "dark"),
)


def main() -> None:
    path = browsers.find()
    with (
        tempfile.TemporaryDirectory() as folder,
        programs.dashboard(Path(folder) / "log.txt", {}) as app,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        for name, path, scheme in PICTURES:
            context = browser.new_context(
                viewport={"width": 1440, "height": 960},
                color_scheme=scheme,  # type: ignore[arg-type]
                timezone_id="Europe/Stockholm",
            )
            viewer = Viewer(context, app.url).open(path)
            viewer.page.wait_for_timeout(6_000)  # figures and map fade in
            viewer.page.screenshot(path=DOCS / f"{name}.png")
            context.close()
        browser.close()


if __name__ == "__main__":
    main()
