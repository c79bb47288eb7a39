"""Where the simulated chain has stores: real cities, shopping streets, positions, zones and currencies; the chain is invented."""

from __future__ import annotations

from typing import NamedTuple


class City(NamedTuple):
    """One store's surroundings. ``per_euro``: units of ``currency`` per euro, roughly; ``tax``: share of sales tax."""

    name: str
    street: str
    latitude: float
    longitude: float
    zone: str
    country: str
    currency: str
    per_euro: float
    tax: float
    opens: int
    closes: int
    size: float


CITIES = (
    City("Stockholm", "Drottninggatan", 59.332580, 18.064900, "Europe/Stockholm", "SE", "SEK", 11.2, 0.25, 10, 20, 1.8),
    City("Gothenburg", "Nordstan", 57.708870, 11.969300, "Europe/Stockholm", "SE", "SEK", 11.2, 0.25, 10, 20, 1.1),
    City("Malmö", "Triangeln", 55.595600, 13.000700, "Europe/Stockholm", "SE", "SEK", 11.2, 0.25, 10, 20, 0.8),
    City("Oslo", "Karl Johans gate", 59.912730, 10.742200, "Europe/Oslo", "NO", "NOK", 11.6, 0.25, 10, 20, 1.0),
    City("Copenhagen", "Strøget", 55.678600, 12.577000, "Europe/Copenhagen", "DK", "DKK", 7.46, 0.25, 10, 20, 1.2),
    City("Helsinki", "Aleksanterinkatu", 60.168800, 24.943200, "Europe/Helsinki", "FI", "EUR", 1.0, 0.255, 10, 20, 0.9),
    City("Reykjavik", "Laugavegur", 64.144700, -21.923900, "Atlantic/Reykjavik", "IS", "ISK", 148.0, 0.24, 10, 18, 0.3),
    City("London", "Oxford Street", 51.515400, -0.141000, "Europe/London", "GB", "GBP", 0.85, 0.20, 9, 21, 2.2),
    City("Manchester", "Market Street", 53.483000, -2.240300, "Europe/London", "GB", "GBP", 0.85, 0.20, 9, 20, 1.0),
    City("Dublin", "Grafton Street", 53.341700, -6.260200, "Europe/Dublin", "IE", "EUR", 1.0, 0.23, 9, 20, 0.8),
    City("Paris", "Rue de Rivoli", 48.860600, 2.337600, "Europe/Paris", "FR", "EUR", 1.0, 0.20, 10, 20, 1.9),
    City("Berlin", "Kurfürstendamm", 52.503600, 13.331000, "Europe/Berlin", "DE", "EUR", 1.0, 0.19, 10, 20, 1.6),
    City("Munich", "Kaufingerstraße", 48.138100, 11.571200, "Europe/Berlin", "DE", "EUR", 1.0, 0.19, 10, 20, 1.1),
    City("Amsterdam", "Kalverstraat", 52.369100, 4.892400, "Europe/Amsterdam", "NL", "EUR", 1.0, 0.21, 10, 20, 1.2),
    City("Brussels", "Rue Neuve", 50.852600, 4.355600, "Europe/Brussels", "BE", "EUR", 1.0, 0.21, 10, 19, 0.7),
    City("Zurich", "Bahnhofstrasse", 47.372100, 8.538600, "Europe/Zurich", "CH", "CHF", 0.94, 0.081, 9, 20, 0.8),
    City("Vienna", "Mariahilfer Straße", 48.199300, 16.349400, "Europe/Vienna", "AT", "EUR", 1.0, 0.20, 9, 20, 0.9),
    City("Milan", "Corso Buenos Aires", 45.478900, 9.210100, "Europe/Rome", "IT", "EUR", 1.0, 0.22, 10, 20, 1.1),
    City("Madrid", "Gran Vía", 40.420000, -3.705700, "Europe/Madrid", "ES", "EUR", 1.0, 0.21, 10, 22, 1.3),
    City("Lisbon", "Rua Augusta", 38.710500, -9.137000, "Europe/Lisbon", "PT", "EUR", 1.0, 0.23, 10, 21, 0.6),
    City("Warsaw", "Marszałkowska", 52.230500, 21.011300, "Europe/Warsaw", "PL", "PLN", 4.3, 0.23, 10, 21, 0.9),
    City("Prague", "Na Příkopě", 50.085800, 14.425400, "Europe/Prague", "CZ", "CZK", 25.1, 0.21, 10, 21, 0.7),
    City("Athens", "Ermou", 37.976500, 23.729700, "Europe/Athens", "GR", "EUR", 1.0, 0.24, 10, 21, 0.5),
    City("Istanbul", "İstiklal Caddesi", 41.033700, 28.977600, "Europe/Istanbul", "TR", "TRY", 48.0, 0.20, 10, 22, 1.0),
    City("Dubai", "Sheikh Zayed Road", 25.197500, 55.279000, "Asia/Dubai", "AE", "AED", 4.3, 0.05, 10, 23, 1.2),
    City("Mumbai", "Linking Road", 19.062500, 72.834300, "Asia/Kolkata", "IN", "INR", 101.0, 0.18, 11, 22, 1.2),
    City("Bengaluru", "Brigade Road", 12.972600, 77.607000, "Asia/Kolkata", "IN", "INR", 101.0, 0.18, 11, 22, 0.9),
    City("Singapore", "Orchard Road", 1.304000, 103.831800, "Asia/Singapore", "SG", "SGD", 1.5, 0.09, 10, 22, 1.2),
    City("Bangkok", "Sukhumvit", 13.745600, 100.534700, "Asia/Bangkok", "TH", "THB", 37.8, 0.07, 10, 22, 0.9),
    City("Hong Kong", "Nathan Road", 22.297900, 114.172200, "Asia/Hong_Kong", "HK", "HKD", 9.0, 0.0, 10, 22, 1.1),
    City("Tokyo", "Omotesandō", 35.665200, 139.712700, "Asia/Tokyo", "JP", "JPY", 176.0, 0.10, 10, 21, 1.9),
    City("Osaka", "Shinsaibashi", 34.671900, 135.501400, "Asia/Tokyo", "JP", "JPY", 176.0, 0.10, 10, 21, 1.0),
    City("Seoul", "Myeong-dong", 37.563600, 126.985300, "Asia/Seoul", "KR", "KRW", 1650.0, 0.10, 10, 22, 1.2),
    City("Sydney", "Pitt Street", -33.869900, 151.208300, "Australia/Sydney", "AU", "AUD", 1.77, 0.10, 9, 19, 1.2),
    City("Melbourne", "Bourke Street", -37.813900, 144.963400, "Australia/Melbourne", "AU", "AUD", 1.77, 0.10, 9, 19, 1.0),
    City("Auckland", "Queen Street", -36.848500, 174.765300, "Pacific/Auckland", "NZ", "NZD", 2.0, 0.15, 9, 18, 0.6),
    City("New York", "Fifth Avenue", 40.757700, -73.978700, "America/New_York", "US", "USD", 1.16, 0.08875, 9, 21, 2.1),
    City("Chicago", "Michigan Avenue", 41.894800, -87.624200, "America/Chicago", "US", "USD", 1.16, 0.1025, 10, 20, 1.1),
    City("Los Angeles", "The Grove", 34.072200, -118.357900, "America/Los_Angeles", "US", "USD", 1.16, 0.095, 10, 21, 1.5),
    City("Toronto", "Yonge Street", 43.654400, -79.380700, "America/Toronto", "CA", "CAD", 1.62, 0.13, 10, 21, 1.1),
    City("Mexico City", "Avenida Madero", 19.433400, -99.138300, "America/Mexico_City", "MX", "MXN", 21.4, 0.16, 10, 21, 1.0),
    City("São Paulo", "Avenida Paulista", -23.561400, -46.655900, "America/Sao_Paulo", "BR", "BRL", 6.2, 0.17, 10, 22, 1.3),
    City("Cape Town", "Long Street", -33.923300, 18.417400, "Africa/Johannesburg", "ZA", "ZAR", 20.2, 0.15, 9, 18, 0.6),
    City("Nairobi", "Kimathi Street", -1.284400, 36.823700, "Africa/Nairobi", "KE", "KES", 150.0, 0.16, 9, 19, 0.4),
)  # fmt: skip
