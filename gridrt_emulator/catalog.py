"""Products of the simulated chain and texts of its shoppers. All invented."""

from __future__ import annotations

from typing import NamedTuple


class Product(NamedTuple):
    """``price`` in euro, tax included."""

    productId: str
    categoryId: str
    price: float


_RANGE: dict[str, tuple[tuple[str, float], ...]] = {
    "outerwear": (("rain-parka", 149.0), ("down-jacket", 229.0), ("trench-coat", 189.0), ("denim-jacket", 89.9)),
    "knitwear": (("merino-crew", 79.9), ("cable-cardigan", 99.0), ("roll-neck", 69.0), ("cashmere-scarf", 59.0)),
    "shirts": (("oxford-shirt", 49.9), ("linen-shirt", 59.9), ("flannel-shirt", 44.9), ("silk-blouse", 89.0)),
    "trousers": (("slim-chino", 59.9), ("wide-jeans", 79.9), ("pleated-trousers", 74.9), ("jogger", 39.9)),
    "shoes": (("leather-boot", 169.0), ("canvas-sneaker", 64.9), ("loafer", 119.0), ("trail-runner", 129.0)),
    "bags": (("tote-bag", 39.9), ("backpack-20l", 89.0), ("weekender", 139.0), ("card-holder", 24.9)),
    "beauty": (("hand-cream", 12.5), ("eau-de-parfum", 68.0), ("lip-balm", 6.9), ("face-serum", 32.0)),
    "home": (("wool-throw", 59.0), ("scented-candle", 22.0), ("ceramic-mug", 14.5), ("linen-sheets", 119.0)),
    "kids": (("kids-raincoat", 39.9), ("dino-sweater", 29.9), ("mini-sneaker", 34.9), ("bath-robe", 27.5)),
    "sport": (("yoga-mat", 34.9), ("running-tights", 54.9), ("water-bottle", 17.9), ("gym-tee", 24.9)),
}
PRODUCTS = tuple(Product(name, category, price) for category, items in _RANGE.items() for name, price in items)
CATEGORIES = tuple(_RANGE)
IN_CATEGORY = {category: tuple(p for p in PRODUCTS if p.categoryId == category) for category in CATEGORIES}
PRICE = {product.productId: product.price for product in PRODUCTS}

LOOKS = ("look-autumn-city", "look-weekend", "look-office", "look-rainy-day", "look-festive")
PAGES = (
    ("Start", "/", "Start"),
    ("Offers of the week", "/offers", "Veckans erbjudanden"),
    ("Find your size", "/size-guide", "Größenberater"),
    ("Store map", "/store-map", "Plan du magasin"),
    ("Opening hours", "/opening-hours", "営業時間"),
    ("Join the club", "/club", "Únete al club"),
    ("Gift cards", "/gift-cards", "Presentkort"),
    ("Care and repair", "/care", "Pflege und Reparatur"),
)
SLIDES = ("autumn-campaign", "new-in", "club-week", "gift-ideas", "denim-days")
SEARCHES = (
    "rain jacket", "black jeans", "gift for him", "size 42", "merino", "white shirt", "vinterjacka", "pantalon noir",
    "スカーフ", "mochila", "regenjas", "candle", "kids boots", "wedding guest", "yoga", "sale", "returns", "parfum",
)  # fmt: skip
COUPONS = ("WELCOME10", "CLUB15", "FRIENDS", "AUTUMN20")
COMMENTS = (
    "Quick and easy.", "Found it at once", "Screen was slow today", "Snabbt och smidigt!", "Sehr hilfreich, danke",
    "Très pratique", "色々見られて良かった", "Couldn't find my size", "Muy bien 👍", "The queue was too long",
    "Nice lady at the till", "Printer out of paper",
)  # fmt: skip
LANGUAGES = ("en", "sv", "de", "fr", "ja", "es", "pt", "nl")
MOODS = ("HAPPY", "NEUTRAL", "NEUTRAL", "SURPRISE", "SAD", "ANGRY", "DISGUST", "FEAR")
FIRST_NAMES = ("alva", "noah", "mia", "liam", "yuki", "olga", "ravi", "emma", "luis", "zoe", "ines", "omar")
