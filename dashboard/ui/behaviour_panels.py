"""The panels of the Behaviour view, and the parameters of the link that say what they show."""

from __future__ import annotations

from typing import Final

from dashboard.analysis.event_counts import COLUMNS
from dashboard.analysis.event_flow import DEPTHS

PANELS: Final = {
    "Funnel": "funnel",
    "Flow": "flow",
    "Products": "products",
    "Searches": "searches",
    "Carts": "carts",
    "Ratings": "ratings",
    "Hours": "hours",
    "Counts": "counts",
    "People": "people",
    "Versions": "versions",
}
"""The title of each panel, as the link has it, and the key of its container."""

FLOW_DEPTHS: Final = {str(depth): str(depth) for depth in DEPTHS}
FLOW_TYPES: Final = {"4": "4", "6": "6", "9": "9", "12": "12"}
ITEMS: Final = {"productId": "Products", "categoryId": "Categories"}
ITEM_ORDERS: Final = {
    "viewed": "most viewed",
    "viewed, not bought": "most often viewed and not bought",
    "carts": "most often in carts",
    "bought": "most often bought",
}
HOUR_ROWS: Final = {"eventType": "Event types", "spaceId": "Stores"}

SWITCHES: Final = ("funnelByStore",)
"""The parameters that are true or false."""
CHOICES: Final = {
    "flowSteps": tuple(FLOW_DEPTHS),
    "flowTypes": tuple(FLOW_TYPES),
    "items": tuple(ITEMS),
    "itemOrder": tuple(ITEM_ORDERS),
    "hourRows": tuple(HOUR_ROWS),
    "countBy": COLUMNS,
}
"""The parameters that have a fixed set of values, and these."""
PARAMETERS: Final = ("steps", "countType", "feedback", "abandoned", *CHOICES, *SWITCHES)
