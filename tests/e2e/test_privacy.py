"""Personal data and secrets are not on the page, in what the server sends, in downloads or in logs."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import TOKEN, Visit
from tests.e2e.programs import Program
from tests.e2e.viewer import EVERY, PATHS, Viewer
from tests.strict_server import Counts, StrictServer
from tests.strict_server.nasty import TEXTS

SECRETS = (
    *("client-secret-", "shopper-secret-", "Secret Person", "198.51.100.23", "2001:db8::dead:beef", TOKEN),
    # The phone number among the texts.
    *("70 123 45 67", "70-123"),
)
# Those that a page could take for HTML, Markdown, an icon or a formula, and those that are hard to draw at all.
MARKUP = (*TEXTS[:8], *TEXTS[-7:-4], TEXTS[-1])


def assert_no_secret(viewer: Viewer) -> None:
    sent = viewer.received()
    for secret in SECRETS:
        assert secret not in viewer.page.content()
        assert secret.encode() not in sent


@pytest.mark.parametrize("view", EVERY)
def test_personal_data_and_token_never_reach_the_browser(on_strict: Program, visit: Visit, view: str) -> None:
    viewer = visit(on_strict, EVERY[view])
    viewer.assert_drawn()
    assert len(viewer.received()) > 5_000, "the browser's frames were not seen"
    assert_no_secret(viewer)
    if view in PATHS and view != "live":
        file = viewer.download(f"export_{view}")
        text = file.path().read_text(encoding="utf-8-sig")
        assert "•••" in text
        for secret in SECRETS:
            assert secret not in text
    for secret in SECRETS:
        assert secret not in on_strict.log


@pytest.mark.parametrize("eventType", ["CONTACT_IDENTIFY", "contact_metadata"])
def test_an_opened_event_is_masked_too(reader: Viewer, strict: StrictServer, eventType: str) -> None:
    record = next(row for row in strict.records.events if isinstance(row, dict) and row.get("eventType") == eventType)
    viewer = reader.open(f"/events?eventType={eventType}&captureId={record['captureId']}")
    viewer.assert_drawn()
    assert viewer.key("facts").is_visible()
    assert_no_secret(viewer)


def test_values_are_text_wherever_they_show(reader: Viewer, strict: StrictServer) -> None:
    """Markup in the data has no effect: no element, icon, colour, link or formula."""
    for space in ("<b>store</b>", ":material/store:", "=1+1"):
        viewer = reader.open(f"/events?spaceId={quote(space)}&eventType=none-of-these")
        viewer.assert_drawn()
        # An unseen character may keep what looks like markup from being it.
        assert space in viewer.page.locator("[data-testid=stMain]").inner_text().replace("\u2060", "")
    # Opened, with every field; `test_security_headers` goes through all views.
    rows = Counts(strict.records, eventType="SEARCH").event_rows
    searches = {row["str1"]: row["captureId"] for row in rows if row.get("captureId") and row.get("str1") in MARKUP}
    for text in list(MARKUP)[:3]:
        viewer = reader.open(f"/events?captureId={searches[text]}")
        viewer.assert_drawn()
        expect(viewer.key("facts")).to_be_visible()
        assert viewer.page.title() != "owned"


def test_formulas_are_defused_in_exports(reader: Viewer) -> None:
    _, rows = reader.open("/events").csv("export_events")
    values = [value for row in rows for name, value in row.items() if value and not name.startswith("int")]
    assert any(value.startswith("'=HYPERLINK") for value in values)
    dangerous = [value for value in values if value[0] in "=+-@\t\r" and not value[1:].replace(".", "").isdigit()]
    assert dangerous == []
