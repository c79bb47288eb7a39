"""Sources and validation of settings."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridrt_client.errors import BadSettingError, NotConfiguredError
from gridrt_client.settings import Settings, reference

NEEDED = {"GRIDRT_TENANT_ID": "tenant", "GRIDRT_ACCESS_TOKEN": "token"}


def load(env: dict[str, str] | None = None, secrets: dict[str, Any] | None = None, **arguments: Any) -> Settings:
    return Settings.load({**NEEDED, **(env or {})}, secrets, **arguments)


def test_defaults() -> None:
    assert load() == Settings(
        tenant_id="tenant",
        access_token="token",
        region="eu",
        base_url="https://api.omborigrid.com/regions/eu/reports",
        refresh_seconds=30.0,
        connect_timeout=5.0,
        read_timeout=60.0,
        total_timeout=300.0,
        retries=3,
        max_bytes=2 * 1024**3,
        snapshot_bytes=1024**3,
        distinct_columns_style="comma",
        allow_http=False,
        redis_url="",
    )


REDIS_URLS = ("redis://a", "redis://e:6379/1", "rediss://:p@s.example.com")
# field, as argument, in the environment, in the secrets, and what each becomes
SOURCES: list[tuple[str, Any, str, Any, Any, Any, Any]] = [
    ("tenant_id", "a", "e", "s", "a", "e", "s"),
    ("access_token", "a", "e", "s", "a", "e", "s"),
    ("region", "us", "IN", " au ", "us", "in", "au"),
    ("base_url", "https://a/x/", "https://e", "https://s/y//", "https://a/x", "https://e", "https://s/y"),
    ("refresh_seconds", 5, "6.5", 7, 5.0, 6.5, 7.0),
    ("connect_timeout", 1.5, "2", "3", 1.5, 2.0, 3.0),
    ("read_timeout", 10, "20", 30, 10.0, 20.0, 30.0),
    ("total_timeout", 10, "20", 30, 10.0, 20.0, 30.0),
    ("retries", 0, "1", 2, 0, 1, 2),
    ("max_bytes", 10, "20", 30, 10, 20, 30),
    ("snapshot_bytes", 10, "20", 30, 10, 20, 30),
    ("distinct_columns_style", "repeated", "Comma", "repeated", "repeated", "comma", "repeated"),
    ("pseudonym_key", "a" * 16, " e" + "e" * 16, "s" * 16, "a" * 16, "e" * 17, "s" * 16),
    ("allow_http", True, "no", True, True, False, True),
    ("redis_url", "redis://a", "redis://e:6379/1", " rediss://:p@s.example.com ", *REDIS_URLS),
]


def test_every_setting_is_in_the_table_of_sources_and_in_the_reference() -> None:
    names = [row[0] for row in SOURCES]
    assert names == [row[1] for row in reference()]
    assert [f"GRIDRT_{name.upper()}" for name in names] == [row[0] for row in reference()]
    assert all(meaning for *_, meaning in reference())


@pytest.mark.parametrize(("name", "argument", "env", "secret", "argued", "from_env", "from_secrets"), SOURCES)
def test_the_closest_source_wins(
    name: str, argument: Any, env: str, secret: Any, argued: Any, from_env: Any, from_secrets: Any
) -> None:
    variable = f"GRIDRT_{name.upper()}"
    base = {key: value for key, value in NEEDED.items() if key != variable}

    def value(env: dict[str, str], secrets: dict[str, Any] | None, **arguments: Any) -> Any:
        return getattr(Settings.load({**base, **env}, secrets, **arguments), name)

    assert value({variable: env}, {name: secret}, **{name: argument}) == argued
    assert value({variable: env}, {name: secret}) == from_env
    assert value({}, {name: secret}) == from_secrets
    for blank in ("", "  "):
        assert value({variable: blank}, {name: secret}, **{name: None}) == from_secrets
        assert value({variable: env}, {name: secret}, **{name: blank}) == from_env


@pytest.mark.parametrize(
    ("env", "secrets", "arguments", "expected"),
    [
        ({"GRIDRT_REGION": "uae"}, {}, {}, "https://api.omborigrid.com/regions/uae/reports"),
        ({"GRIDRT_REGION": "us", "GRIDRT_BASE_URL": "https://b"}, {}, {}, "https://b"),
        ({"GRIDRT_REGION": "us"}, {"base_url": "https://b"}, {}, "https://api.omborigrid.com/regions/us/reports"),
        ({"GRIDRT_BASE_URL": "https://b"}, {"region": "us"}, {}, "https://b"),
        ({"GRIDRT_BASE_URL": "https://b"}, {}, {"region": "in"}, "https://api.omborigrid.com/regions/in/reports"),
        ({"GRIDRT_REGION": "us"}, {}, {"base_url": "https://b"}, "https://b"),
        ({}, {"region": "au", "base_url": "https://b"}, {}, "https://b"),
    ],
)
def test_the_closest_source_that_says_where_decides(
    env: dict[str, str], secrets: dict[str, Any], arguments: dict[str, Any], expected: str
) -> None:
    assert load(env, secrets, **arguments).base_url == expected


@pytest.mark.parametrize(
    ("env", "said"),
    [
        ({}, "GRIDRT_TENANT_ID and GRIDRT_ACCESS_TOKEN are not set"),
        ({"GRIDRT_TENANT_ID": "t"}, "GRIDRT_ACCESS_TOKEN is not set"),
        ({"GRIDRT_ACCESS_TOKEN": "t", "GRIDRT_TENANT_ID": ""}, "GRIDRT_TENANT_ID is not set"),
    ],
)
def test_what_is_missing_is_named(env: dict[str, str], said: str) -> None:
    with pytest.raises(NotConfiguredError, match=said):
        Settings.load(env)


@pytest.mark.parametrize(
    ("env", "secrets", "expected"),
    [
        ({}, {}, False),
        ({}, None, False),
        ({"GRIDRT_TENANT_ID": " ", "GRIDRT_REGION": "us"}, {"base_url": "https://b", "type": "x"}, False),
        ({"GRIDRT_TENANT_ID": "t"}, {}, True),
        ({"GRIDRT_ACCESS_TOKEN": "t"}, {}, True),
        ({}, {"tenant_id": "t"}, True),
        ({}, {"access_token": "t"}, True),
    ],
)
def test_it_is_configured_as_soon_as_a_tenant_or_a_token_is_set(
    env: dict[str, str], secrets: dict[str, Any] | None, expected: bool
) -> None:
    assert Settings.is_configured(env, secrets) is expected


BAD = {
    "tenant_id": ["..", ".", "a\nb", "a\0"],
    "access_token": ["a\nb", "a\r", "tök€n", "a b", "Bearer abc", "a\0b", "é", "abc\n"],
    "region": ["europe", "e u"],
    "base_url": ["grid.example.com", "ftp://a", "https:///x", "https://u:pw@a", "https://u@a", "https://a?x=1", "https://a#b",
                 "https://a b", "https://[::1", "https://a:99999", "https://bücher.example", "https://a/?", "/v2/x"],
    "refresh_seconds": ["0", "-1", "nan", "inf", "x", "1e9", "10s"],
    "connect_timeout": ["0", "nan", "x"],
    "read_timeout": ["0", "-1", "x"],
    "total_timeout": ["0", "x"],
    "retries": ["-1", "11", "1.5", "x", "9" * 5000],
    "max_bytes": ["0", "-5", "2GB", "1e9"],
    "snapshot_bytes": ["0", "-5", "2GB", "1e9"],
    "distinct_columns_style": ["json"],
    "allow_http": ["maybe", "2"],
}  # fmt: skip


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in BAD.items() for value in values])
def test_a_bad_value_is_named_wherever_it_is_set(name: str, value: str) -> None:
    variable = f"GRIDRT_{name.upper()}"
    base = {key: one for key, one in NEEDED.items() if key != variable}
    cases: list[tuple[str, dict[str, str], dict[str, Any], dict[str, Any]]] = [
        ("the environment", {variable: value}, {}, {}),
        ("the secrets", {}, {name: value}, {}),
        ("an argument", {}, {}, {name: value}),
    ]
    for where, env, secrets, arguments in cases:
        with pytest.raises(BadSettingError) as caught:
            Settings.load({**base, **env}, secrets, **arguments)
        said = str(caught.value)
        assert said.startswith(f"{variable} (set in {where}) ")
        assert said.isprintable()
        assert len(said) < 250
        assert caught.value.__context__ is None
        assert caught.value.__cause__ is None
        if name in ("access_token", "base_url"):
            assert value not in said


@pytest.mark.parametrize("value", [True, 5, [], {}])
@pytest.mark.parametrize("name", ["tenant_id", "access_token", "region", "base_url", "distinct_columns_style"])
def test_a_text_must_be_a_text(name: str, value: object) -> None:
    with pytest.raises(BadSettingError, match=f"GRIDRT_{name.upper()}"):
        load(None, None, **{name: value})


@pytest.mark.parametrize("value", [True, [], "", {}])
@pytest.mark.parametrize("name", ["refresh_seconds", "retries", "max_bytes"])
def test_a_number_must_be_a_number(name: str, value: object) -> None:
    with pytest.raises(BadSettingError, match=f"GRIDRT_{name.upper()}"):
        Settings(tenant_id="t", access_token="t", **{name: value})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("url", "near"),
    [
        ("http://127.0.0.1:8400/x", True),
        ("http://localhost:8400", True),
        ("http://app.localhost", True),
        ("http://[::1]:80", True),
        ("http://10.1.2.3", True),
        ("http://192.168.1.10:8400", True),
        ("http://emulator:8400", True),
        ("http://host.docker.internal:8400", True),
        ("http://api.example.com", False),
        ("http://8.8.8.8", False),
        ("http://api.example.com.", False),
        ("http://localhost.example.com", False),
        ("http://127.0.0.1.example.com", False),
        ("https://api.example.com", True),
    ],
)
def test_a_token_leaves_the_own_network_only_encrypted_unless_that_is_meant(url: str, near: bool) -> None:
    if near:
        assert load(base_url=url).base_url == url
    else:
        with pytest.raises(BadSettingError, match=r"GRIDRT_BASE_URL begins with http://.*GRIDRT_ALLOW_HTTP=true"):
            load(base_url=url)
    assert load({"GRIDRT_ALLOW_HTTP": "true"}, base_url=url).base_url == url


def test_an_unknown_argument_is_a_mistake_and_an_unknown_secret_is_not() -> None:
    with pytest.raises(TypeError, match="'tenant'"):
        load(tenant="t")
    assert load(None, {"type": "x.y.Z", "tenant": 5}).tenant_id == "tenant"


def test_the_token_is_in_no_representation() -> None:
    settings = load({"GRIDRT_ACCESS_TOKEN": "s3cret"})
    assert "s3cret" not in f"{settings!r} {settings} {settings!s}"
    assert settings.access_token == "s3cret"


@given(st.text(min_size=1))
def test_any_token_is_taken_unchanged_or_refused_without_showing_it(token: str) -> None:
    try:
        settings = load(access_token=f"x{token}~~")
    except BadSettingError as error:
        said = str(error)
    else:
        assert settings.access_token == f"x{token}~~"
        settings.access_token.encode("ascii")
        return
    assert f"x{token}~~" not in said


@pytest.mark.parametrize(
    ("wrong", "meant"),
    [
        ("GRIDRT_TENANTID", "GRIDRT_TENANT_ID"),
        ("GRIDRT_TENANT", "GRIDRT_TENANT_ID"),
        ("GRIDRT_ACESS_TOKEN", "GRIDRT_ACCESS_TOKEN"),
        ("GRIDRT_TOKEN", "GRIDRT_ACCESS_TOKEN"),
        ("gridrt_access_token", "GRIDRT_ACCESS_TOKEN"),
        ("GRIDRT_BASEURL", "GRIDRT_BASE_URL"),
        ("GRIDRT_URL", "GRIDRT_BASE_URL"),
        ("GRIDRT_REGOIN", "GRIDRT_REGION"),
        ("GRIDRT_RETRY", "GRIDRT_RETRIES"),
        ("GRIDRT_ALLOWED_HOST", "GRIDRT_ALLOWED_HOSTS"),
        ("GRIDRT_STATUS_REFERENCES", "GRIDRT_STATUS_REFERENCE"),
    ],
)
def test_a_misspelt_variable_is_named_with_the_one_that_was_meant(wrong: str, meant: str) -> None:
    with pytest.raises(BadSettingError) as caught:
        load({wrong: "s3cret"})
    assert str(caught.value).startswith(f"{wrong} is no setting; {meant} was probably meant. Correct")
    assert "s3cret" not in str(caught.value)
    assert load({wrong: " "}).tenant_id == "tenant"


def test_a_variable_that_is_like_none_is_one_warning(caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(3):
        load({"GRIDRT_FAVOURITE_COLOUR": "s3cret", "GRIDRT_VERSION": "1", "OTHER": "x"})
    assert [record.levelname for record in caplog.records] == ["WARNING", "WARNING"]
    assert "GRIDRT_FAVOURITE_COLOUR" in caplog.text
    assert "s3cret" not in caplog.text


def test_what_others_of_us_read_is_known() -> None:
    others = {"GRIDRT_STATUS_REFERENCE": "x", "GRIDRT_ALLOWED_HOSTS": "x", "GRIDRT_PORT": "1"}
    assert load(others).tenant_id == "tenant"


@pytest.mark.parametrize(
    "url",
    [
        "s3cret",
        "http://:s3cret@redis:6379",
        "redis://:s3cret/x@redis:6379",
        "redis://:s3cret@redis:port",
        "redis://:s3cret@redis:6379/zero",
        "redis://:s3cret@redis:6379/0?ssl_ca_certs=/x",
        "rediss://:s3cret@redis:6379/0?ssl_cert_reqs=none",
        "rediss://:s3cret@redis:6379/0#x",
        "redis://:s3cret @redis",
        "redis://:s3cret@redis.example.com",
    ],
)
def test_a_bad_address_of_redis_is_refused_by_name_and_not_shown(url: str) -> None:
    with pytest.raises(BadSettingError, match=r"^GRIDRT_REDIS_URL ") as caught:
        load({"GRIDRT_REDIS_URL": url})
    assert "s3cret" not in str(caught.value)
    assert caught.value.__cause__ is caught.value.__context__ is None


def test_a_good_address_of_redis_is_not_shown_either() -> None:
    found = load({"GRIDRT_REDIS_URL": "rediss://user:s3cret@redis.example.com:6380/2?ssl_ca_certs=/run/ca.pem"})
    assert found.redis_url.endswith("ca.pem")
    assert "s3cret" not in repr(found)
