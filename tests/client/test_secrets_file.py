"""Every mistake in a secrets file has a message with the file and the key, and without a secret."""

from __future__ import annotations

from pathlib import Path

import pytest

from gridrt_client.errors import BadSettingError
from gridrt_client.secrets_file import Section, read_section
from gridrt_client.settings import Settings

SECRET = "s3cret-t0ken"
GOOD = f'[connections.grid]\ntenant_id = "t"\naccess_token = "{SECRET}"\n'


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".streamlit").mkdir()
    return tmp_path / ".streamlit" / "secrets.toml"


def loaded(path: Path) -> Settings:
    section = read_section([path])
    assert section is not None
    return Settings.load({}, section.values, secrets_source=section.source)


def refused(path: Path, text: str | bytes) -> str:
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    with pytest.raises(BadSettingError) as caught:
        loaded(path)
    said = str(caught.value)
    assert ".streamlit/secrets.toml" in said
    assert SECRET not in said
    assert said.isprintable()
    assert len(said) < 500
    assert caught.value.__context__ is None
    return said


def test_a_good_file_is_read(path: Path) -> None:
    assert read_section([path]) is None
    for text in (GOOD, "\ufeff" + GOOD, GOOD.replace("\n", "\r\n")):
        path.write_text(text, newline="")
        section = read_section(["/nowhere/secrets.toml", str(path)])
        assert section == Section(
            {"tenant_id": "t", "access_token": SECRET}, "[connections.grid] of .streamlit/secrets.toml"
        )
    path.write_text("")
    assert read_section([path]) is None


def test_the_last_file_that_has_the_section_counts(path: Path, tmp_path: Path) -> None:
    path.write_text(GOOD)
    other = tmp_path / "other.toml"
    other.write_text('[connections.sql]\ntype = "sql"\nurl = "x"\n')
    section = read_section([path, other])
    assert section is not None
    assert section.source == "[connections.grid] of .streamlit/secrets.toml"
    other.write_text(GOOD.replace('"t"', '"u"'))
    section = read_section([path, other])
    assert section is not None
    assert (section.values["tenant_id"], section.source) == ("u", "[connections.grid] of other.toml")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f'[connections.grid]\ntenant_id = "t"\naccess_token = {SECRET}\n', "TOML: Invalid value (at line 3"),
        (f'[connections.grid\naccess_token = "{SECRET}"\n', "at line 1"),
        (f'[connections.grid]\naccess_token = "{SECRET}\n', "at line 2"),
        (f'[connections.grid]\naccess_token = "{SECRET}"\naccess_token = "{SECRET}"\n', "at line 3"),
        (f"access_token: {SECRET}\n", "at line 1"),
        (b"[connections.grid]\ntenant_id = '\xff\xfe'\n", "is not UTF-8 text (at line 2)"),
        (GOOD.encode("utf-16"), "is not UTF-8 text (at line 1)"),
        ("x = " + "[" * 50_000, "nested too deeply"),
    ],
)
def test_what_is_no_toml(path: Path, text: str | bytes, said: str) -> None:
    assert said in refused(path, text)


def test_a_folder_is_no_file(path: Path) -> None:
    path.mkdir()
    with pytest.raises(BadSettingError, match=r"\.streamlit/secrets\.toml is a folder instead of a file"):
        read_section([path])


def test_a_link_to_itself_cannot_be_read(path: Path) -> None:
    path.symlink_to(path)
    with pytest.raises(BadSettingError, match=r"secrets\.toml can't be read"):
        read_section([path])


@pytest.mark.parametrize(
    ("wrong", "meant"),
    [
        ("tenant", "tenant_id"),
        ("tenantId", "tenant_id"),
        ("tenant-id", "tenant_id"),
        ("TENANT_ID", "tenant_id"),
        ("GRIDRT_TENANT_ID", "tenant_id"),
        ("acess_token", "access_token"),
        ("token", "access_token"),
        ("baseurl", "base_url"),
        ("refresh", "refresh_seconds"),
        ("regoin", "region"),
    ],
)
def test_a_misspelt_key_is_named_with_the_one_that_was_meant(path: Path, wrong: str, meant: str) -> None:
    said = refused(path, f'[connections.grid]\n"{wrong}" = "{SECRET}"\n')
    assert said.startswith(
        f"{wrong} in [connections.grid] of .streamlit/secrets.toml is no setting; {meant} was probably meant."
    )


def test_a_key_that_is_like_none_names_all(path: Path) -> None:
    assert "is no setting; there are tenant_id, access_token, region" in refused(path, GOOD + "zzz = 1\n")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("tenant_id = 5", "GRIDRT_TENANT_ID (tenant_id in [connections.grid] of .streamlit/secrets.toml) must be text"),
        ("tenant_id = {a = 1}", "GRIDRT_TENANT_ID (tenant_id in [connections.grid]"),
        (f'access_token = ["{SECRET}"]', "GRIDRT_ACCESS_TOKEN (access_token in [connections.grid]"),
        (f'access_token = "{SECRET} {SECRET}"', "GRIDRT_ACCESS_TOKEN (access_token in [connections.grid]"),
        ("access_token = 12345678", "GRIDRT_ACCESS_TOKEN (access_token in [connections.grid]"),
        ("access_token = 1979-05-27", "GRIDRT_ACCESS_TOKEN (access_token in [connections.grid]"),
        ('region = "mars"', "GRIDRT_REGION (region in [connections.grid] of .streamlit/secrets.toml) must be one of"),
        ("retries = true", "GRIDRT_RETRIES (retries in [connections.grid]"),
        ("refresh_seconds = 'often'", "GRIDRT_REFRESH_SECONDS (refresh_seconds in [connections.grid]"),
        ("type = 5", "type in [connections.grid] of .streamlit/secrets.toml must be"),
        ('type = "sql"', "type in [connections.grid] of .streamlit/secrets.toml must be"),
    ],
)
def test_a_value_that_cannot_be_used_is_named_as_it_is_written(path: Path, line: str, said: str) -> None:
    name = line.split(" ")[0]
    rest = [other for other in GOOD.splitlines() if not other.startswith(name)]
    assert said in refused(path, "\n".join([*rest, line, ""]))


@pytest.mark.parametrize(
    "section",
    [
        "connection.grid",
        "conections.grid",
        "Connections.grid",
        "connections.gird",
        "connections.Grid",
        "connections.grid_",
        "connections.tenant",
        "grid",
        "gridrt",
    ],
)
def test_a_misspelt_section_is_named_with_the_one_that_was_meant(path: Path, section: str) -> None:
    said = refused(path, GOOD.replace("connections.grid", section))
    assert said.startswith(
        f"[{section}] in .streamlit/secrets.toml is not looked at; [connections.grid] was probably meant."
    )


def test_a_misspelt_section_is_found_whatever_is_in_it(path: Path) -> None:
    kind = 'type = "gridrt_client.connection.GridConnection"\n'
    for text in ('[connections.gird]\ntenant = "t"\n', f"[connections.gird]\n{kind}", f"[connections.mine]\n{kind}"):
        assert "[connections.grid] was probably meant" in refused(path, text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f'tenant_id = "t"\naccess_token = "{SECRET}"\n', "tenant_id of .streamlit/secrets.toml is not looked at"),
        (f'access_token = "{SECRET}"\n', "access_token of .streamlit/secrets.toml is not looked at"),
        (f'[connections]\ntenant_id = "t"\naccess_token = "{SECRET}"\n', "tenant_id in [connections] of .streamlit/"),
        (f'region = "us"\n{GOOD}', "region of .streamlit/secrets.toml is not looked at; it belongs below the line"),
        ('[connections]\ngrid = "t"\n', "grid in [connections] of .streamlit/secrets.toml must be a table"),
        ('connections = "t"\n', "connections in .streamlit/secrets.toml must be a table"),
        ("connections = []\n", "connections in .streamlit/secrets.toml must be a table"),
        (
            f'GRIDRT_ACESS_TOKEN = "{SECRET}"\n',
            "GRIDRT_ACESS_TOKEN in .streamlit/secrets.toml is no setting; ",
        ),
    ],
)
def test_a_setting_in_the_wrong_place_is_named(path: Path, text: str, said: str) -> None:
    assert said in refused(path, text)


@pytest.mark.parametrize(
    "others",
    [
        '[auth]\nredirect_uri = "x"\ncookie_secret = "x"\n[auth.microsoft]\nclient_id = "x"\n',
        '[connections.sql]\ntype = "sql"\nurl = "x"\ntenant_id = "theirs"\n',
        '[connections.grids]\ntype = "sql"\naccess_token = "theirs"\n',
        '[azure]\ntenant_id = "theirs"\nclient_secret = "x"\n',
        'api_key = "x"\n[other]\nregion = "x"\n[database]\nretries = 5\n',
        '[gridiron]\nurl = "x"\n',
    ],
)
def test_what_belongs_to_others_is_fine(path: Path, others: str) -> None:
    path.write_text(others)
    assert read_section([path]) is None
    path.write_text(f"{others}\n{GOOD}")
    assert read_section([path]) is not None


def test_what_anybody_may_have_at_the_top_is_ours_only_where_the_rest_is(path: Path) -> None:
    path.write_text('region = "eu-west-1"\nretries = 3\n')
    assert read_section([path]) is None
    path.write_text('region = "eu-west-1"\n' + GOOD + 'region = "us"\n')
    assert read_section([path]) is not None


def test_another_connection_may_have_another_name(path: Path) -> None:
    path.write_text(GOOD)
    assert read_section([path], "second") is None
    path.write_text(GOOD.replace("grid", "second"))
    assert read_section([path], "second") is not None


def test_folders_of_secrets_are_not_looked_at(tmp_path: Path) -> None:
    assert read_section([tmp_path, tmp_path / "secrets", "/dev/null"]) is None


def test_a_file_with_another_ending_is_named(path: Path) -> None:
    other = path.with_name("secrets.tml")
    other.write_text(GOOD)
    with pytest.raises(BadSettingError, match=r"secrets\.tml is not looked at\. Give it a name that ends with \.toml"):
        read_section([other])
