"""The steps of a shopper in one session: a plausible visit of exactly the given length."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any, NamedTuple

from gridrt_emulator import catalog
from gridrt_emulator.cities import City
from gridrt_emulator.places import Kind

Fields = dict[str, Any]


class Step(NamedTuple):
    """One event of a journey, ``gap`` ms after the step before."""

    gap: int
    eventType: str
    interaction: bool
    fields: Fields


# Phone numbers set aside for fiction: by the UK's, Sweden's, Australia's and North America's regulators.
def _phone(rng: Random, country: str) -> str:
    match country:
        case "SE" | "NO" | "DK" | "FI":
            return f"+46701740{rng.randint(605, 699)}"
        case "AU" | "NZ":
            return f"+614915701{rng.randint(56, 59)}"
        case "US" | "CA":
            return f"+1{rng.choice(('202', '312', '415'))}5550{rng.randint(100, 199)}"
        case _:
            return f"+447700900{rng.randint(0, 999):03d}"


def _email(rng: Random) -> str:
    return f"{rng.choice(catalog.FIRST_NAMES)}.{rng.randint(1, 999)}@example.com"


class _Visit:
    """A visit in progress: the cart, the current position, the steps so far."""

    def __init__(self, rng: Random, city: City, kind: Kind, clientId: str | None) -> None:
        self.rng, self.city, self.kind, self.clientId = rng, city, kind, clientId
        self.steps: list[Step] = []
        self.cart: dict[str, int] = {}
        self.category = ""
        self.product: catalog.Product | None = None

    def add(
        self, eventType: str, fields: Fields | None = None, *, interaction: bool = True, pace: float = 14.0
    ) -> None:
        gap = 0 if not self.steps else 700 + int(self.rng.expovariate(1.0) * pace * 1000)
        self.steps.append(Step(min(gap, 240_000), eventType, interaction, fields or {}))

    # One method per action; each adds one step.
    def look_around(self) -> None:
        title, url, localized = self.rng.choice(catalog.PAGES)
        fields = {"str1": title, "str2": url}
        if self.rng.random() < 0.4:
            fields["str3"] = localized
        self.add("CONTENT_VIEW", fields)

    def open_category(self) -> None:
        self.category = self.rng.choice(catalog.CATEGORIES)
        self.add("CATEGORY_VIEW", {"categoryId": self.category})

    def view_product(self) -> None:
        products = catalog.IN_CATEGORY.get(self.category, catalog.PRODUCTS)
        self.product = self.rng.choice(products)
        fields = {"productId": self.product.productId}
        if self.rng.random() < 0.5:
            fields["categoryId"] = self.product.categoryId
        self.add("PRODUCT_VIEW", fields, pace=20.0)

    def view_look(self) -> None:
        self.add("LOOK_VIEW", {"str1": self.rng.choice(catalog.LOOKS)})

    def search(self) -> None:
        self.category = ""
        self.add("SEARCH", {"str1": self.rng.choice(catalog.SEARCHES)}, pace=9.0)

    def clear_search(self) -> None:
        self.add("SEARCH_CLEAR")

    def put_in_cart(self) -> None:
        product = self.product or self.rng.choice(catalog.PRODUCTS)
        quantity = 1 if self.rng.random() < 0.8 else self.rng.randint(2, 4)
        self.cart[product.productId] = self.cart.get(product.productId, 0) + quantity
        self.add("CART_ADD", {"productId": product.productId, "int1": quantity}, pace=8.0)

    def take_out(self) -> None:
        if not self.cart:
            self.put_in_cart()
            return
        productId = self.rng.choice(list(self.cart))
        self.add("CART_REMOVE", {"productId": productId, "int1": self.cart.pop(productId)}, pace=7.0)

    def view_cart(self) -> None:
        self.add("CART_VIEW", pace=8.0)

    def clear_cart(self) -> None:
        self.cart.clear()
        self.add("CART_CLEAR")

    def scan_code(self) -> None:
        self.add("QR_RUN")

    def keep_state(self) -> None:
        self.add(
            "LANGUAGE",
            {"stateful": True, "str1": self.rng.choice(catalog.LANGUAGES), "public": 3_600_000},
            interaction=False,
        )

    def identify(self) -> None:
        if self.rng.random() < 0.5:
            fields = {"str1": "email", "str2": _email(self.rng)}
        else:
            fields = {"str1": "phone", "str2": _phone(self.rng, self.city.country)}
        self.add("CONTACT_IDENTIFY", fields, pace=20.0)

    def tell_name(self) -> None:
        self.add("CONTACT_METADATA", {"str1": "firstName", "str2": self.rng.choice(catalog.FIRST_NAMES).title()})

    def give_feedback(self) -> None:
        self.add("FEEDBACK", {"str1": self.rng.choice(catalog.COMMENTS)}, pace=25.0)

    def rate(self) -> None:
        fields: Fields = {
            "int1": self.rng.choice((5, 5, 5, 4, 4, 4, 3, 3, 2, 1)),
            "int2": self.rng.randint(800, 20_000),
        }
        if self.rng.random() < 0.3:
            fields["str1"] = self.rng.choice(catalog.COMMENTS)
        self.add("RATING", fields)

    def check_out(self) -> None:
        self.add("CHECKOUT", pace=10.0)

    def purchase(self) -> None:
        rng, city = self.rng, self.city
        euros = sum(catalog.PRICE[productId] * quantity for productId, quantity in self.cart.items())
        shipping = 0.0 if self.kind is not Kind.WEB or euros > 80 else 4.9
        fields: Fields = {"str1": f"T{rng.randrange(10**9, 10**10)}", "str2": city.currency}
        if rng.random() < 0.12:
            fields["str3"] = rng.choice(catalog.COUPONS)
            euros *= 0.85
        # Money without small change in these currencies; a price in krona or yen ends in a round figure anyway.
        digits = 0 if city.per_euro > 5 else 2
        revenue = round(euros * city.per_euro, digits)
        fields["int1"] = int(revenue) if digits == 0 else revenue
        fields["int2"] = round(revenue * city.tax / (1 + city.tax), 2)
        fields["int3"] = round(shipping * city.per_euro, digits) if shipping else 0
        self.add("PURCHASE", fields, pace=30.0)


_Deed = Callable[[_Visit], None]
# The next action while browsing: (action, weight).
_BROWSING: tuple[tuple[_Deed, int], ...] = (
    (_Visit.view_product, 34),
    (_Visit.open_category, 17),
    (_Visit.look_around, 13),
    (_Visit.search, 9),
    (_Visit.put_in_cart, 9),
    (_Visit.view_look, 5),
    (_Visit.take_out, 3),
    (_Visit.view_cart, 3),
    (_Visit.scan_code, 2),
    (_Visit.keep_state, 2),
    (_Visit.clear_search, 1),
    (_Visit.clear_cart, 1),
    (_Visit.give_feedback, 1),
)
_DEEDS = [deed for deed, weight in _BROWSING for _ in range(weight)]
# Share of the visits, if long enough, that end with a purchase.
_BUYERS = {Kind.KIOSK: 0.30, Kind.PHONE: 0.34, Kind.WEB: 0.26}


def shopping(rng: Random, length: int, city: City, kind: Kind, clientId: str | None) -> list[Step]:
    """Return ``length`` steps of a person at a kiosk, on a phone or on the web."""
    visit = _Visit(rng, city, kind, clientId)
    visit.add("APP_START", interaction=False)
    if clientId and length > 2:
        # The vendor's client sends it itself at the start of a session in a browser.
        visit.add("CONTACT_IDENTIFY", {"str1": "client_id", "str2": clientId}, interaction=False, pace=0.4)
    ending: list[_Deed] = []
    if length >= 7 and rng.random() < _BUYERS[kind]:
        ending = [_Visit.put_in_cart, _Visit.view_cart, _Visit.check_out, _Visit.purchase]
        if length >= 9 and rng.random() < 0.4:
            ending.insert(3, _Visit.identify)
        if length >= 10 and rng.random() < 0.15:
            ending.insert(3, _Visit.tell_name)
        if length >= 9 and rng.random() < 0.35:
            ending.append(_Visit.rate)
    elif length >= 8 and rng.random() < 0.25:
        # An abandoned checkout.
        ending = [_Visit.put_in_cart, _Visit.check_out]
    elif length >= 5 and rng.random() < 0.12:
        ending = [_Visit.rate]
    browsing = length - len(ending) - len(visit.steps)
    if browsing > 0:
        first = rng.random()
        (_Visit.open_category if first < 0.5 else _Visit.search if first < 0.7 else _Visit.look_around)(visit)
    for _ in range(browsing - 1):
        rng.choice(_DEEDS)(visit)
    for deed in ending:
        deed(visit)
    return visit.steps[:length]


def passing_by(rng: Random, length: int) -> list[Step]:
    """Return ``length`` steps of a screen with a camera: shown content, detected people, rarely a touch."""
    steps = [Step(0, "APP_START", False, {})]
    while len(steps) < length:
        gap = 2_000 + int(rng.expovariate(1.0) * 15_000)
        chance = rng.random()
        eventType, interaction = "CONTENT_VIEW", False
        fields: Fields = {"str1": rng.choice(catalog.SLIDES)}
        if chance < 0.18:
            eventType, fields = (
                "DETECT_MOOD",
                {"str1": rng.choice(catalog.MOODS), "int1": round(rng.uniform(0.4, 1), 3)},
            )
        elif chance < 0.30:
            eventType, fields = "DETECT_AGE", {"int1": rng.randint(14, 78), "int2": rng.choice((5, 10))}
        elif chance < 0.42:
            eventType = "DETECT_GENDER"
            fields = {"str1": rng.choice(("FEMALE", "MALE")), "int1": round(rng.uniform(0.5, 1), 3)}
        elif chance < 0.50:
            eventType, fields = "QUEUE_LENGTH", {"stateful": True, "int1": rng.randint(0, 9), "public": 600_000}
        elif chance < 0.58:
            interaction, fields = True, {"str1": "Store map", "str2": "/store-map"}
        elif chance < 0.62:
            eventType, interaction, fields = "QR_RUN", True, {}
        steps.append(Step(min(gap, 120_000), eventType, interaction, fields))
    return steps
