"""Parsers of settings: from text, a value of a TOML file or of a caller.

Each raises ValueError with the rest of a sentence that begins with the variable's name, and quotes a value only where
it can't be secret.
"""

import math
import re
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final
from urllib.parse import urlsplit

from gridrt_client.safe_text import quoted

_ASCII: Final = re.compile(r"[!-~]+")


def tenant_id(value: object) -> str:
    text = _text(value)
    # The id becomes a part of the path: dots alone would climb in it.
    if not text.isprintable() or text in (".", ".."):
        raise ValueError("must be the id of a tenant, in practice 24 hex digits")
    return text


def access_token(value: object) -> str:
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


def base_url(value: object) -> str:
    """Return an address without a slash at its end. It may hold credentials, so errors never quote it."""
    text = _text(value)
    if not _ASCII.fullmatch(text):
        raise ValueError("must be an address without spaces, in plain ASCII")
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or parts.scheme not in ("http", "https"):
        raise ValueError("must be an address such as https://api.example.com/reports")
    if parts.username is not None or parts.password is not None:
        raise ValueError("must not hold a user or a password; the access token opens the API")
    if "?" in text or "#" in text:
        raise ValueError("must end before any ? or #; parameters are added by the client")
    return text.rstrip("/")


def is_loopback(url: str) -> bool:
    """Return whether an address leads to this machine."""
    host = _host(url)
    return host.is_loopback if not isinstance(host, str) else f".{host}".endswith(".localhost")


def is_encrypted_or_near(url: str) -> bool:
    """Return whether an address is HTTPS or in the own network, so that the internet can't read what is sent."""
    host = _host(url)
    if urlsplit(url).scheme == "https" or is_loopback(url):
        return True
    if not isinstance(host, str):
        return host.is_private
    # A bare name, as containers have, is resolved within the own network.
    return "." not in host or host.endswith((".internal", ".local"))


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


def _host(url: str) -> str | IPv4Address | IPv6Address:
    host = (urlsplit(url).hostname or "").rstrip(".")
    try:
        return ip_address(host)
    except ValueError:
        return host


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("must be text")
    return value.strip()
