"""The demo's own emulator."""

from __future__ import annotations

import secrets

import pytest
import requests

from dashboard.data.demo import TENANT_ID, Demo


def test_it_starts_with_any_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "token_urlsafe", lambda _length: "-starts_with-a-hyphen")
    demo = Demo()
    try:
        emulator = demo.emulator()
        url = f"{emulator.base_url}/v2/realtime/session/tenants/{TENANT_ID}"
        found = requests.get(url, headers={"Authorization": f"Bearer {emulator.access_token}"}, timeout=60)
        assert found.status_code == 200
        assert found.json()
    finally:
        demo.stop()
