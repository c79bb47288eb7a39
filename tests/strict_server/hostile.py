"""Records with texts in every field that a careless page would run, draw, fetch, compute, or be misread by.

Every text has `MARK` in it. None may make an element, open a dialog or be asked for; what steers or hides text is shown
as an escape.
"""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

from tests.strict_server.nasty import TENANT_ID, Records

MARK = "Zq7"
PLACE = "https://zq7.example"

ELEMENTS = (
    f"<script>alert('{MARK}')</script>",
    f"<img src={PLACE}/x.png onerror=alert('{MARK}')>",
    f"\"><svg onload=alert('{MARK}')>",
    f"'><iframe srcdoc='<script>alert(1)</script>{MARK}'>",
    f"</style></title></textarea><b onmouseover=alert(1)>{MARK}",
    f"<a href=\"javascript:alert('{MARK}')\">{MARK}</a>",
    f"<math><mtext></mtext><style><img src={PLACE} onerror=alert(1)>{MARK}</style></math>",
    f"&lt;img src={PLACE} onerror=alert(1)&gt;{MARK}",
    f"&#60;script&#62;{MARK}&#x3c;/script&#x3e;",
    f"<b>{MARK}</b><br><sub>{MARK}</sub>",
)
MARKDOWN = (
    f"[{MARK}](javascript:alert(1))",
    f"[{MARK}](data:text/html,<script>alert(1)</script>)",
    f"![{MARK}]({PLACE}/y.png)",
    f"[{MARK}]: {PLACE} [{MARK}]",
    f"<{PLACE}/{MARK}>",
    f"{PLACE}/{MARK} and www.zq7.example and {MARK}@zq7.example",
    f"**{MARK}** _{MARK}_ ~~{MARK}~~ `{MARK}`",
    f"# {MARK}",
    f"- {MARK}\n- {MARK}\n\n> {MARK}\n\n---\n",
    f"| {MARK} | b |\n|---|---|\n| 1 | 2 |",
    f"```\n{MARK}\n```",
    f"$\\href{{javascript:alert(1)}}{{{MARK}}}$ $${MARK}^2$$",
    f":material/home: :red[{MARK}] :blue-background[{MARK}] :small[{MARK}] :smile: :streamlit: :{MARK}:",
    f"{MARK} <- -> <-> -- >= <= ~=",
)
TEMPLATES = (
    f"{{{{{MARK}}}}} ${{alert(1)}} {{t}} %{{x}} %s %(x)s",
    f"@@=alert('{MARK}')",
    f"javascript:alert('{MARK}')",
    f"data:text/html,<script>alert('{MARK}')</script>",
    f'=HYPERLINK("{PLACE}","{MARK}")',
    f"+cmd|' /C calc'!{MARK}",
    f"-2+3+{MARK}",
    f"@SUM({MARK})",
    f"\t={MARK}",
    f"../../{MARK}/CON.csv",
    f"{MARK}; rm -rf x | \" ' ` \\",
    f"'; drop table events; -- {MARK}",
)
# Characters that turn the reading direction, have no width, control a terminal, or are no characters.
STEERING = (
    *"\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c",
    *"\u200b\u2060\ufeff\u00ad\u180e\u2061\u2028\u2029\u0085",
    *"\x00\x01\x07\x08\x0b\x0c\x1b\x7f\x80\x9b\x9f\ufff9\ufffb\U000e0041",
)
STEERED = tuple(f"{MARK}{one}fdp.exe" for one in STEERING)
OTHERS = (
    f"{MARK} cut \ud83d",
    f"{MARK} cut \udc00x",
    f"{MARK} e" + "\u0301" * 60,
    f"{MARK} p\u0430yp\u0430l",  # Cyrillic а
    f"{MARK} \u0627\u0644\u0639 12 \u05d0\u05d1",
    f"{MARK}" + "W" * 5_000,
    f"{MARK} " * 2_000,
    f"   {MARK}   ",
)
TEXTS = (*ELEMENTS, *MARKDOWN, *TEMPLATES, *STEERED, *OTHERS)
EVENT_TYPES = (
    *("CONTENT_VIEW", "CATEGORY_VIEW", "PRODUCT_VIEW", "SEARCH", "CART_ADD", "CHECKOUT", "PURCHASE", "RATING"),
    *("CONTACT_IDENTIFY", "LIGHT", "MONITOR_SESAME_DEVICE_STATUS", "MONITOR_HEARTBEAT"),
)


def hostile(now: datetime) -> Records:
    """Return a session for each text, with it in every field, and events of each type with it in every field."""
    records = Records(now)
    for number, text in enumerate(TEXTS):
        began = now - timedelta(minutes=3 + 9 * number % 1300)
        session = _session(number, text, began)
        records.sessions.append(session)
        for step, kind in enumerate((*EVENT_TYPES, text)):
            records.events.append(_event(session, step, kind, text, began + timedelta(seconds=step)))
    return records


def _session(number: int, text: str, began: datetime) -> dict[str, Any]:
    named = ("environment", "country", "spaceId", "appId", "appVersion", "installationId", "installationVersion")
    return {
        "tenantId": TENANT_ID,
        "sessionId": text if number % 2 else _identifier(number),
        "captureId": _identifier(10_000 + number),
        "sessionCreated": began.isoformat(),
        "dataResidency": text,
        **dict.fromkeys((*named, "deviceId", "clientId", "ip"), text),
        "latitude": 50 + number / 10,
        "longitude": 10 + number / 10,
    }


def _event(session: dict[str, Any], step: int, kind: str, text: str, moment: datetime) -> dict[str, Any]:
    is_amount = kind in ("PURCHASE", "RATING", "CART_ADD", "MONITOR_SESAME_DEVICE_STATUS")
    return {
        "tenantId": TENANT_ID,
        "sessionId": session["sessionId"],
        "captureId": f"{session['captureId']}-{step}",
        "eventTime": moment.isoformat(),
        "eventType": kind,
        "interaction": not kind.startswith("MONITOR"),
        **dict.fromkeys(("dataResidency", "clientId", "ip", "productId", "categoryId"), text),
        **{f"str{n}": text for n in range(1, 6)},
        "int1": step % 5 + 1 if is_amount else text,
    }


def _identifier(number: int) -> str:
    return str(uuid.UUID(int=number, version=4))
