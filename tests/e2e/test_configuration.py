"""Mistakes in the configuration are named on the page, and no data is shown."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.e2e import programs
from tests.e2e.conftest import TOKEN, StartDashboard, Visit

SECTION = f'[connections.grid]\ntenant_id = "5f3c0ffee0ddba11decade42"\naccess_token = "{TOKEN}"\n'


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (SECTION.replace(f'"{TOKEN}"', TOKEN), "can't be read as TOML: Invalid value (at line 3"),
        (SECTION.replace("access_token", "acess_token"), "access_token was probably meant"),
    ],
    ids=["no TOML", "key"],
)
def test_a_mistake_in_the_secrets_is_told_instead_of_the_demo(
    start_dashboard: StartDashboard, visit: Visit, tmp_path: Path, content: str, said: str
) -> None:
    secrets = tmp_path / "secrets.toml"
    secrets.write_text(content, encoding="utf-8")
    with start_dashboard(STREAMLIT_SECRETS_FILES=str(secrets)) as program:
        viewer = visit(program, "/events")
        expect(viewer.key("notice")).to_contain_text(said)
        expect(viewer.key("notice")).to_contain_text("secrets.toml")
        expect(viewer.page.locator("[data-testid=stSidebar]")).not_to_contain_text("Demo")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (SECTION.encode("utf-16"), "is not UTF-8 text (at line 1). Save it"),
        (None, "is a folder instead of a file. Remove"),
    ],
    ids=["no UTF-8", "folder"],
)
def test_a_file_that_cannot_be_read_ends_it_with_one_clear_line(
    tmp_path: Path, content: bytes | None, said: str
) -> None:
    secrets = tmp_path / "secrets.toml"
    if content is None:
        secrets.mkdir()
    else:
        secrets.write_bytes(content)
    with pytest.raises(AssertionError, match="ended; it printed") as caught:  # noqa: SIM117
        with programs.dashboard(tmp_path / "log.txt", {"STREAMLIT_SECRETS_FILES": str(secrets)}):
            pass
    assert f"\n{secrets} {said}" in str(caught.value)
    assert "Traceback" not in str(caught.value)


def test_a_misspelt_variable_is_told_instead_of_the_demo(start_dashboard: StartDashboard, visit: Visit) -> None:
    with start_dashboard(GRIDRT_TENANTID="5f3c0ffee0ddba11decade42", GRIDRT_ACESS_TOKEN=TOKEN) as program:
        viewer = visit(program)
        expect(viewer.key("notice")).to_contain_text("is no setting")
        expect(viewer.key("notice")).to_contain_text("was probably meant")
