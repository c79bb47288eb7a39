"""Addresses as settings: of the API and of a Redis. They may hold credentials, so errors never quote them.

Parsers raise ValueError with the rest of a sentence that begins with the setting's name.
"""

import re
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final
from urllib.parse import parse_qsl, urlsplit

_ASCII: Final = re.compile(r"[!-~]*")
_FORM: Final = "rediss://:password@redis.example.com:6379/0"


def base_url(value: object) -> str:
    """Return the address of an API without a slash at its end."""
    if not isinstance(value, str) or not value.strip():
        raise ValueError("must be text")
    text = value.strip()
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
    """Return whether an address is encrypted or in the own network, so that the internet can't read what is sent."""
    host = _host(url)
    if urlsplit(url).scheme in ("https", "rediss") or is_loopback(url):
        return True
    if not isinstance(host, str):
        return host.is_private
    # A bare name, as containers have, is resolved within the own network.
    return "." not in host or host.endswith((".internal", ".local"))


def redis_url(value: object) -> str:
    """Return the address of a Redis, with its password."""
    if not isinstance(value, str):
        raise ValueError("must be text")
    text = value.strip()
    if not _ASCII.fullmatch(text):
        raise ValueError("must be an address without spaces, in plain ASCII; write other characters as %20")
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
        options = parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))
    except ValueError:
        host, options = None, []
    if not host or parts.scheme not in ("redis", "rediss") or parts.fragment:
        raise ValueError(f"must be an address such as {_FORM}; in a password, write / as %2F, # as %23, @ as %40")
    if not re.fullmatch(r"/?|/\d{1,4}", parts.path):
        raise ValueError("must end with the number of a database, such as /0")
    if any(name != "ssl_ca_certs" for name, _ in options) or (options and parts.scheme == "redis"):
        raise ValueError("may have one option, with rediss:// only: ?ssl_ca_certs= and the file of a certificate")
    return text


def _host(url: str) -> str | IPv4Address | IPv6Address:
    host = (urlsplit(url).hostname or "").rstrip(".")
    try:
        return ip_address(host)
    except ValueError:
        return host
