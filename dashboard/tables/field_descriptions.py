"""The meaning of ``int1`` … ``int5``, ``str1`` … ``str5`` and the ids in each event type of the vendor's client."""

from __future__ import annotations

from typing import Any

from gridrt_client.schema import Schema, is_monitor

_CART = {"productId": "the product", "int1": "quantity"}
_BY_TYPE: dict[str, dict[str, str]] = {
    "CONTENT_VIEW": {"str1": "title of the content", "str2": "its URL", "str3": "localized title"},
    "CATEGORY_VIEW": {"categoryId": "the category viewed"},
    "PRODUCT_VIEW": {"productId": "the product viewed"},
    "LOOK_VIEW": {"str1": "id of the look viewed"},
    "SEARCH": {"str1": "what was searched for"},
    "CART_ADD": {**_CART, "productId": "the product put into the cart"},
    "CART_REMOVE": {**_CART, "productId": "the product taken out of the cart"},
    "PURCHASE": {
        "str1": "transaction id",
        "str2": "currency",
        "str3": "coupon",
        "int1": "revenue, in the currency of str2",
        "int2": "tax, in the currency of str2",
        "int3": "shipping, in the currency of str2",
    },
    "RATING": {"int1": "rating, 1 to 5", "int2": "interaction delay", "str1": "comment"},
    "FEEDBACK": {"str1": "the feedback"},
    "CONTACT_IDENTIFY": {
        "str1": "kind of contact: phone, email, client_id or the app's own",
        "str2": "the contact itself: personal",
    },
    "CONTACT_METADATA": {"str1": "the kind of information about the contact", "str2": "its value: personal"},
    "DETECT_MOOD": {"str1": "mood", "int1": "certainty"},
    "DETECT_AGE": {"int1": "target age", "int2": "range of the age"},
    "DETECT_GENDER": {"str1": "gender", "int1": "certainty"},
}
_MONITOR = {
    "str1": "kind of the thing",
    "str2": "address of the thing",
    "str4": "id of the thing",
    "int1": "status: 0 offline, 1 online, -1 unknown, or the app's own",
    "int5": "seconds",
}
_CONTACT = {"str2": "personal"}
_STATEFUL = {
    "str1": "value of the state, when text",
    "int1": "value of the state, when a number",
    "public": "expiry of the public state, ms",
}
_OF_SESSION = "of its session"


def meaning(field: str, schema: Schema, eventType: Any = None, *, stateful: bool = False) -> str:
    """Return what a field means in a record of this type; the schema's general words where the type has none.

    A field that isn't in the schema was joined from the session.
    """
    special = _special(eventType)
    if field in special:
        return special[field]
    if stateful and field in _STATEFUL:
        return _STATEFUL[field]
    return schema.field(field).meaning if field in schema.names else _OF_SESSION


def _special(eventType: Any) -> dict[str, str]:
    if not isinstance(eventType, str):
        return {}
    if is_monitor(eventType):
        return _MONITOR
    known = _BY_TYPE.get(eventType.upper(), {})
    return known or (_CONTACT if eventType.upper().startswith("CONTACT_") else {})
