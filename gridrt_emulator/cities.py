"""Cities with stores: real cities, streets, time zones and currencies of an invented chain."""

from __future__ import annotations

from typing import NamedTuple


class City(NamedTuple):
    """A city. ``per_euro``: units of ``currency`` per euro, roughly; ``tax``: share of sales tax."""

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
    City("Stockholm", "Drottninggatan", 59.3325, 18.0649, "Europe/Stockholm", "SE", "SEK", 11.2, 0.25, 10, 20, 1.8),
    City("Gothenburg", "Nordstan", 57.7088, 11.9693, "Europe/Stockholm", "SE", "SEK", 11.2, 0.25, 10, 20, 1.1),
    City("Malmö", "Triangeln", 55.5956, 13.0007, "Europe/Stockholm", "SE", "SEK", 11.2, 0.25, 10, 20, 0.8),
    City("Oslo", "Karl Johans gate", 59.9127, 10.7422, "Europe/Oslo", "NO", "NOK", 11.6, 0.25, 10, 20, 1.0),
    City("Copenhagen", "Strøget", 55.6786, 12.5770, "Europe/Copenhagen", "DK", "DKK", 7.46, 0.25, 10, 20, 1.2),
    City("Helsinki", "Aleksanterinkatu", 60.1688, 24.9432, "Europe/Helsinki", "FI", "EUR", 1.0, 0.255, 10, 20, 0.9),
    City("Reykjavik", "Laugavegur", 64.1447, -21.9239, "Atlantic/Reykjavik", "IS", "ISK", 148.0, 0.24, 10, 18, 0.3),
    City("London", "Oxford Street", 51.5154, -0.1410, "Europe/London", "GB", "GBP", 0.85, 0.20, 9, 21, 2.2),
    City("Manchester", "Market Street", 53.4830, -2.2403, "Europe/London", "GB", "GBP", 0.85, 0.20, 9, 20, 1.0),
    City("Dublin", "Grafton Street", 53.3417, -6.2602, "Europe/Dublin", "IE", "EUR", 1.0, 0.23, 9, 20, 0.8),
    City("Paris", "Rue de Rivoli", 48.8606, 2.3376, "Europe/Paris", "FR", "EUR", 1.0, 0.20, 10, 20, 1.9),
    City("Berlin", "Kurfürstendamm", 52.5036, 13.3310, "Europe/Berlin", "DE", "EUR", 1.0, 0.19, 10, 20, 1.6),
    City("Munich", "Kaufingerstraße", 48.1381, 11.5712, "Europe/Berlin", "DE", "EUR", 1.0, 0.19, 10, 20, 1.1),
    City("Amsterdam", "Kalverstraat", 52.3691, 4.8924, "Europe/Amsterdam", "NL", "EUR", 1.0, 0.21, 10, 20, 1.2),
    City("Brussels", "Rue Neuve", 50.8526, 4.3556, "Europe/Brussels", "BE", "EUR", 1.0, 0.21, 10, 19, 0.7),
    City("Zurich", "Bahnhofstrasse", 47.3721, 8.5386, "Europe/Zurich", "CH", "CHF", 0.94, 0.081, 9, 20, 0.8),
    City("Vienna", "Mariahilfer Straße", 48.1993, 16.3494, "Europe/Vienna", "AT", "EUR", 1.0, 0.20, 9, 20, 0.9),
    City("Milan", "Corso Buenos Aires", 45.4789, 9.2101, "Europe/Rome", "IT", "EUR", 1.0, 0.22, 10, 20, 1.1),
    City("Madrid", "Gran Vía", 40.4200, -3.7057, "Europe/Madrid", "ES", "EUR", 1.0, 0.21, 10, 22, 1.3),
    City("Lisbon", "Rua Augusta", 38.7105, -9.1370, "Europe/Lisbon", "PT", "EUR", 1.0, 0.23, 10, 21, 0.6),
    City("Warsaw", "Marszałkowska", 52.2305, 21.0113, "Europe/Warsaw", "PL", "PLN", 4.3, 0.23, 10, 21, 0.9),
    City("Prague", "Na Příkopě", 50.0858, 14.4254, "Europe/Prague", "CZ", "CZK", 25.1, 0.21, 10, 21, 0.7),
    City("Athens", "Ermou", 37.9765, 23.7297, "Europe/Athens", "GR", "EUR", 1.0, 0.24, 10, 21, 0.5),
    City("Istanbul", "İstiklal Caddesi", 41.0337, 28.9776, "Europe/Istanbul", "TR", "TRY", 48.0, 0.20, 10, 22, 1.0),
    City("Dubai", "Sheikh Zayed Road", 25.1975, 55.2790, "Asia/Dubai", "AE", "AED", 4.3, 0.05, 10, 23, 1.2),
    City("Mumbai", "Linking Road", 19.0625, 72.8343, "Asia/Kolkata", "IN", "INR", 101.0, 0.18, 11, 22, 1.2),
    City("Bengaluru", "Brigade Road", 12.9726, 77.6070, "Asia/Kolkata", "IN", "INR", 101.0, 0.18, 11, 22, 0.9),
    City("Singapore", "Orchard Road", 1.3040, 103.8318, "Asia/Singapore", "SG", "SGD", 1.5, 0.09, 10, 22, 1.2),
    City("Bangkok", "Sukhumvit", 13.7456, 100.5347, "Asia/Bangkok", "TH", "THB", 37.8, 0.07, 10, 22, 0.9),
    City("Hong Kong", "Nathan Road", 22.2979, 114.1722, "Asia/Hong_Kong", "HK", "HKD", 9.0, 0.0, 10, 22, 1.1),
    City("Tokyo", "Omotesandō", 35.6652, 139.7127, "Asia/Tokyo", "JP", "JPY", 176.0, 0.10, 10, 21, 1.9),
    City("Osaka", "Shinsaibashi", 34.6719, 135.5014, "Asia/Tokyo", "JP", "JPY", 176.0, 0.10, 10, 21, 1.0),
    City("Seoul", "Myeong-dong", 37.5636, 126.9853, "Asia/Seoul", "KR", "KRW", 1650.0, 0.10, 10, 22, 1.2),
    City("Sydney", "Pitt Street", -33.8699, 151.2083, "Australia/Sydney", "AU", "AUD", 1.77, 0.10, 9, 19, 1.2),
    City("Melbourne", "Bourke Street", -37.8139, 144.9634, "Australia/Melbourne", "AU", "AUD", 1.77, 0.10, 9, 19, 1.0),
    City("Auckland", "Queen Street", -36.8485, 174.7653, "Pacific/Auckland", "NZ", "NZD", 2.0, 0.15, 9, 18, 0.6),
    City("New York", "Fifth Avenue", 40.7577, -73.9787, "America/New_York", "US", "USD", 1.16, 0.08875, 9, 21, 2.1),
    City("Chicago", "Michigan Avenue", 41.8948, -87.6242, "America/Chicago", "US", "USD", 1.16, 0.1025, 10, 20, 1.1),
    City("Los Angeles", "The Grove", 34.0722, -118.3579, "America/Los_Angeles", "US", "USD", 1.16, 0.095, 10, 21, 1.5),
    City("Toronto", "Yonge Street", 43.6544, -79.3807, "America/Toronto", "CA", "CAD", 1.62, 0.13, 10, 21, 1.1),
    City("Mexico City", "Madero", 19.4334, -99.1383, "America/Mexico_City", "MX", "MXN", 21.4, 0.16, 10, 21, 1.0),
    City("São Paulo", "Avenida Paulista", -23.5614, -46.6559, "America/Sao_Paulo", "BR", "BRL", 6.2, 0.17, 10, 22, 1.3),
    City("Cape Town", "Long Street", -33.9233, 18.4174, "Africa/Johannesburg", "ZA", "ZAR", 20.2, 0.15, 9, 18, 0.6),
    City("Nairobi", "Kimathi Street", -1.2844, 36.8237, "Africa/Nairobi", "KE", "KES", 150.0, 0.16, 9, 19, 0.4),
)  # fmt: skip
