"""Tenants, their tokens and their records."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field

from gridrt_emulator.inbox import Inbox
from gridrt_emulator.store import Store

# For demonstrations and tests. They are valid for an emulator alone.
DEMO_TENANT, DEMO_TOKEN = "64b7c0de5eed0000000000a1", "demo-token-of-the-emulator"
# A second tenant without a world, which has only what is posted to it.
QUIET_TENANT, QUIET_TOKEN = "64b7c0de5eed0000000000b2", "quiet-token-of-the-emulator"


@dataclass
class Tenant:
    """A tenant. ``store``: the records of its world, if any; ``inbox``: posted records."""

    tenantId: str
    token: str = field(repr=False)
    inbox: Inbox
    store: Store | None = None

    def advance(self, now: int) -> None:
        """Advance all records to the time ``now``, ms."""
        if self.store:
            self.store.advance(now)
        self.inbox.advance(now)


def holds(authorization: str | None, tenants: Sequence[Tenant]) -> list[Tenant]:
    """Return the tenants of an Authorization header; none when it is missing or wrong."""
    scheme, _, token = (authorization or "").partition(" ")
    if scheme.lower() != "bearer":
        return []
    given = token.strip().encode("utf-8", "surrogateescape")
    return [tenant for tenant in tenants if hmac.compare_digest(given, tenant.token.encode())]
