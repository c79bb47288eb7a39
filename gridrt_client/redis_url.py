"""The address of a Redis, as a setting. It holds a password, so errors never quote it."""

import re
from typing import Final
from urllib.parse import parse_qsl, urlsplit

FORM: Final = "rediss://:password@redis.example.com:6379/0"
_ASCII: Final = re.compile(r"[!-~]*")


def redis_url(value: object) -> str:
    """Return the address; raise ValueError with the rest of a sentence that begins with the setting's name."""
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
        raise ValueError(f"must be an address such as {FORM}; in a password, write / as %2F, # as %23, @ as %40")
    if not re.fullmatch(r"/?|/\d{1,4}", parts.path):
        raise ValueError("must end with the number of a database, such as /0")
    if any(name != "ssl_ca_certs" for name, _ in options) or (options and parts.scheme == "redis"):
        raise ValueError("may have one option, with rediss:// only: ?ssl_ca_certs= and the file of a certificate")
    return text
