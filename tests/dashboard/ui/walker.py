"""A viewer of one page who turns the pages of its table while the answers change."""

from __future__ import annotations

import re
import time
from collections import Counter
from typing import Any

from streamlit.testing.v1 import AppTest

from tests.dashboard.views import MAIN, PAGES
from tests.strict_server import StrictServer


class Walker:
    """A viewer of one page who turns the pages of its table."""

    def __init__(self, server: StrictServer, view: str, **link: str) -> None:
        self.server = server
        self.test = AppTest.from_file(MAIN, default_timeout=60)
        self.test.query_params["refresh"] = "1"
        self.test.run()
        self.test.switch_page(str(PAGES / f"{view}.py"))
        for name, value in link.items():
            self.test.query_params[name] = value
        self.test.run()
        while self.test.get("progress"):
            # On a busy machine the first answers take longer than a view waits for.
            time.sleep(0.2)
            self.test.run()
        assert not self.test.exception

    def refresh(self) -> None:
        """Run the script until answers to requests made after now are drawn."""
        words = {"session", "event", *({"latest-event"} if self.test.dataframe else ())}
        known = Counter(request.path.split("/")[6] for request in self.server.requests)
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            self.test.run()
            asked = Counter(request.path.split("/")[6] for request in self.server.requests) - known
            # The second call began after the first had ended.
            if all(asked[word] >= 2 for word in words if known[word]):
                break
            time.sleep(0.2)
        time.sleep(0.3)
        self.test.run()
        assert not self.test.exception

    def turn(self, page: int, key: str) -> None:
        self.test.pagination(key=key).set_value(page).run()
        assert not self.test.exception

    def rows(self, column: str) -> list[Any]:
        """Return a column of the table, which is drawn before the details of a selected row."""
        return next(list(one.value[column]) for one in self.test.dataframe if column in one.value.columns)

    def caption(self) -> str:
        """Return the caption that says which rows are shown, of how many."""
        told = (one.value for one in self.test.caption)
        return next(text for text in told if re.search(r"\bof [\d,]+ (event|session|row)s?,", text))

    def words(self) -> str:
        found = [*self.test.caption, *self.test.info, *self.test.warning, *self.test.error, *self.test.markdown]
        return "\n".join(element.value for element in found).replace("\\", "").replace("\u2060", "")
