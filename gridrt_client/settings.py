"""The settings of the client and their sources.

A setting is looked up as a keyword argument, then in the environment (``GRIDRT_`` and the name in capitals), then in a
mapping of secrets (such as ``[connections.grid]`` of Streamlit's secrets.toml, under the name itself), then it has its
default. Empty text counts as not set. The fields of `Settings` are the one table of names, parsers, defaults and
documentation; `reference` lists it.
"""

import logging
import math
import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from difflib import get_close_matches
from typing import Any, Final, NamedTuple, Self

from gridrt_client.addresses import base_url, is_encrypted_or_near, redis_url
from gridrt_client.errors import BadSettingError, NotConfiguredError
from gridrt_client.safe_text import one_line, quoted

BASE_URL: Final = "https://api.omborigrid.com/regions/{region}/reports"
REGIONS: Final = ("eu", "us", "in", "au", "uae")
STYLES: Final = ("comma", "repeated")
PREFIX: Final = "GRIDRT_"
SHORTEST_KEY: Final = 16
# Variables of the dashboard and its container.
_OF_DASHBOARD: Final = (
    *("STATUS_REFERENCE", "NAMES", "SAVED_VIEWS", "ALLOWED_HOSTS", "PORT", "TENANTS", "ROLES"),
    *("SIGN_IN", "SESSION_HOURS", "PROXY_ADDRESSES", "PROXY_EMAIL_HEADER", "PROXY_GROUPS_HEADER", "ALLOW_OPEN"),
    *("FRAME_ANCESTORS", "MAX_SESSIONS", "MAX_SESSIONS_PER_ADDRESS"),
    *("LOG_FORMAT", "OPERATIONS_PORT", "OPERATIONS_ADDRESS"),
)
OTHER_VARIABLES: Final = tuple(PREFIX + name for name in _OF_DASHBOARD)

_log = logging.getLogger(__name__)
_warned: set[str] = set()
_ASCII: Final = re.compile(r"[!-~]+")


# Parsers of values raise ValueError with the rest of a sentence that begins with the variable's name, and quote a value
# only where it can't be secret.
def _tenant_id(value: object) -> str:
    text = _text(value)
    # The id becomes a part of the path: dots alone would climb in it.
    if not text.isprintable() or text in (".", ".."):
        raise ValueError("must be the id of a tenant, in practice 24 hex digits")
    return text


def _access_token(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("must be text")
    if value[:7].lower() == "bearer ":
        raise ValueError("must be the token alone, without the word Bearer")
    if "\n" in value or "\r" in value:
        raise ValueError("holds a line break; it must be the token alone, on one line")
    # A header carries only these unchanged.
    if not _ASCII.fullmatch(value):
        raise ValueError("holds spaces or characters that no access token has; it must be the token alone")
    return value


def seconds(value: object, least: float, most: float) -> float:
    try:
        number = math.nan if isinstance(value, bool) else float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not least <= number <= most:
        raise ValueError(f"must be a number of seconds from {least:g} to {most:g}, not {quoted(value)}")
    return number


def whole_number(value: object, least: int, most: int) -> int:
    text = str(value).strip() if isinstance(value, (str, int)) and not isinstance(value, bool) else ""
    number = int(text) if re.fullmatch(r"[0-9]{1,18}", text) else -1
    if not least <= number <= most:
        raise ValueError(f"must be a whole number from {least} to {most}, not {quoted(value)}")
    return number


def choice(value: object, *allowed: str) -> str:
    text = value.strip().lower() if isinstance(value, str) else None
    if text not in allowed:
        raise ValueError(f"must be one of {', '.join(allowed)}, not {quoted(value)}")
    return text


def boolean(value: object) -> bool:
    text = str(value).strip().lower()
    if text not in ("true", "yes", "on", "1", "false", "no", "off", "0"):
        raise ValueError(f"must be true or false, not {quoted(value)}")
    return text in ("true", "yes", "on", "1")


def _text(value: object, shortest: int = 1) -> str:
    if not isinstance(value, str) or len(value.strip()) < shortest:
        raise ValueError("must be text" if shortest == 1 else f"must be text of at least {shortest} characters")
    return value.strip()


def _setting(parse: Callable[..., object], default: Any, meaning: str, *limits: object, secret: bool = False) -> Any:
    metadata = {"parse": lambda value: parse(value, *limits), "meaning": meaning}
    return field(default=default, repr=not secret, metadata=metadata)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Validated settings, made by `load`, or directly without the environment.

    A value that can't be used raises `BadSettingError`, which names the variable and never shows the access token.
    """

    tenant_id: str = _setting(_tenant_id, MISSING, "the tenant's id in the Grid Console")
    access_token: str = _setting(_access_token, MISSING, "made in the Grid Console, tab Developer", secret=True)
    region: str = _setting(choice, "eu", "where the tenant's data is stored: eu, us, in, au or uae", *REGIONS)
    base_url: str = _setting(base_url, "", "another server of the same API; wins over the region")
    refresh_seconds: float = _setting(seconds, 30.0, "how old an answer may be before it is asked for again", 1, 86_400)
    connect_timeout: float = _setting(seconds, 5.0, "seconds to wait for a connection", 0.05, 300)
    read_timeout: float = _setting(seconds, 60.0, "seconds to wait for more of an answer", 0.05, 3_600)
    total_timeout: float = _setting(seconds, 300.0, "seconds that one call may take with all its retries", 0.05, 86_400)
    retries: int = _setting(whole_number, 3, "how often a call that failed for a passing reason is repeated", 0, 10)
    max_bytes: int = _setting(whole_number, 2 << 30, "the largest answer to accept, in bytes, unpacked", 1, 1 << 40)
    snapshot_bytes: int = _setting(
        whole_number, 1 << 30, "how much memory answers may take, in bytes, with what is computed from them", 1, 1 << 40
    )
    distinct_columns_style: str = _setting(
        choice, "comma", "how several distinctColumns are sent: comma (a,b) or repeated (a and again b)", *STYLES
    )
    pseudonym_key: str = _setting(
        _text, "", "makes pseudonyms equal after restarts and in all replicas; else random", SHORTEST_KEY, secret=True
    )
    allow_http: bool = _setting(
        boolean, False, "whether the access token may travel unencrypted beyond the own network"
    )
    redis_url: str = _setting(redis_url, "", "a Redis through which several processes share answers", secret=True)

    def __post_init__(self) -> None:
        for one in fields(self):
            value = getattr(self, one.name)
            # Empty is a default that has no form: for base_url the region decides.
            if one.default != "" or value != "":
                object.__setattr__(self, one.name, _parsed(one, value, "set in an argument"))
        if self.base_url == "":
            object.__setattr__(self, "base_url", BASE_URL.format(region=self.region))
        if not (self.allow_http or is_encrypted_or_near(self.base_url)):
            raise BadSettingError(
                "GRIDRT_BASE_URL begins with http:// and leads out of the own network, so that anybody on the way "
                "could read the access token",
                advice="Use https://, or set GRIDRT_ALLOW_HTTP=true if that is meant.",
            )
        if self.redis_url and not is_encrypted_or_near(self.redis_url):
            raise BadSettingError(
                "GRIDRT_REDIS_URL begins with redis:// and leads out of the own network, so that anybody on the way "
                "could read the password and the data",
                advice="Use rediss://.",
            )

    @classmethod
    def load(
        cls,
        env: Mapping[str, str] | None = None,
        secrets: Mapping[str, Any] | None = None,
        *,
        secrets_source: str = "",
        **arguments: Any,
    ) -> Self:
        """Return settings from arguments, else the environment, else secrets, else defaults.

        `env` is ``os.environ`` when None, `secrets` and `arguments` hold values by setting name. `secrets_source` names
        the secrets in errors, such as a section of a file. Raise NotConfiguredError without a tenant or a token.
        """
        if unknown := arguments.keys() - {one.name for one in fields(cls)}:
            raise TypeError(f"Settings.load() got an unexpected argument {min(unknown)!r}")
        check_variables(os.environ if env is None else env)
        sources = _sources(env, secrets, arguments, f"in {secrets_source}" if secrets_source else "set in the secrets")
        found: dict[str, Any] = {}
        for one in fields(cls):
            for place, values in sources.items():
                if one.name in values and one.name not in found:
                    shown = f"{one.name} {place}" if place.startswith("in ") else place
                    found[one.name] = _parsed(one, values[one.name], shown)
        missing = [variable(one.name) for one in fields(cls) if one.default is MISSING and one.name not in found]
        if missing:
            raise NotConfiguredError(f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} not set")
        # A region wins over an address from a source of lower precedence.
        if "base_url" not in next((one for one in sources.values() if one.keys() & {"base_url", "region"}), {}):
            found.pop("base_url", None)
        return cls(**found)

    @classmethod
    def is_configured(cls, env: Mapping[str, str] | None = None, secrets: Mapping[str, Any] | None = None) -> bool:
        """Return False only when neither a tenant nor an access token is set anywhere."""
        return any(values.keys() & {"tenant_id", "access_token"} for values in _sources(env, secrets, {}, "").values())


def check_variables(env: Mapping[str, Any], source: str = "") -> None:
    """Raise BadSettingError for a misspelt variable; log a warning for another one that begins with ``GRIDRT_``.

    `source` follows the name in messages.
    """
    known = [*(variable(one.name) for one in fields(Settings)), *OTHER_VARIABLES]
    for name, value in env.items():
        if not name.upper().startswith(PREFIX) or name in known or _is_blank(value):
            continue
        if meant := nearest(name, known):
            raise BadSettingError(f"{one_line(name, 60)}{source} is no setting; {meant} was probably meant")
        if name not in _warned:
            _warned.add(name)
            _log.warning("%s is set%s, which is no setting and has no effect", one_line(name, 60), source)


def nearest(name: str, known: Iterable[str], cutoff: float = 0.65) -> str | None:
    """Return the known name that was probably meant; None when none is similar."""

    def simplified(name: str) -> str:
        return name[:100].lower().removeprefix("gridrt_").replace("-", "_").strip("_ ")

    wanted, by_form = simplified(name), {simplified(one): one for one in known}
    # A part of a name, such as token, wins over a similar spelling.
    parts = [form for form in by_form if set(wanted.split("_")) <= set(form.split("_"))]
    similar = parts or get_close_matches(wanted, by_form, n=1, cutoff=cutoff)
    return by_form[similar[0]] if similar else None


def variable(name: str) -> str:
    """Return the environment variable of a setting."""
    return PREFIX + name.upper()


def reference() -> list[tuple[str, str, str, str]]:
    """Return every setting for documentation: variable, name in the secrets, default, meaning."""
    return [
        (variable(one.name), one.name, "" if one.default is MISSING else str(one.default), one.metadata["meaning"])
        for one in fields(Settings)
    ]


class SettingInForce(NamedTuple):
    """The name of a setting, its value as text, a secret as ``set``, and where that comes from."""

    name: str
    value: str
    source: str


def in_force(
    settings: Settings, env: Mapping[str, str], secrets: Mapping[str, Any] | None = None, secrets_source: str = ""
) -> list[SettingInForce]:
    """Return settings that were loaded from these sources, each with its value and its source."""
    _, in_env, in_secrets = _sources(env, secrets, {}, secrets_source).values()
    places = {"environment": in_env, secrets_source or "secrets": in_secrets}
    found = []
    for one in fields(settings):
        value = getattr(settings, one.name)
        text = str(value).lower() if isinstance(value, bool) else str(value).removesuffix(".0")
        source = next((place for place, values in places.items() if one.name in values), "default")
        found.append(SettingInForce(variable(one.name), text if one.repr or not value else "set", source))
    return found


def _sources(
    env: Mapping[str, str] | None, secrets: Mapping[str, Any] | None, arguments: Mapping[str, Any], secrets_place: str
) -> dict[str, dict[str, Any]]:
    """Return the values that are set, by place in order of precedence and by setting name."""
    names = [one.name for one in fields(Settings)]
    in_env = {name: (os.environ if env is None else env).get(variable(name)) for name in names}
    places = {"set in an argument": arguments, "set in the environment": in_env, secrets_place: secrets or {}}
    return {
        place: {name: values[name] for name in names if not _is_blank(values.get(name))}
        for place, values in places.items()
    }


def _is_blank(value: object) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _parsed(one: Field[Any], value: object, place: str) -> Any:
    try:
        return one.metadata["parse"](value)
    except ValueError as error:
        reason = str(error)
    # Raised outside the except block, so that nothing that held the value is chained to it.
    raise BadSettingError(f"{variable(one.name)} ({place}) {reason}")
