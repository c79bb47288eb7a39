"""The policy for personal data: which values of an answer are replaced by pseudonyms, derived from `schema`.

It is applied when an answer is decoded, so that nothing behind that point can forget it. Replaced are

- each value of a field that the schema calls personal (``ip``, ``clientId``), and ``str2`` of a ``CONTACT_*`` event;
- e-mail addresses and phone numbers within every other text, where the rest of the text stays (`personal_texts`).

A pseudonym is ``•••`` and twelve hexadecimal digits of a keyed hash (BLAKE2s). Equal values have the same one in
all answers of a tenant and a day (UTC, by the API's clock). The key of a day is derived from
``GRIDRT_PSEUDONYM_KEY``; without it from the access token where processes share answers, else from a random one of this
process.
"""

import hmac
import secrets
from collections.abc import Iterable
from datetime import UTC, datetime
from hashlib import blake2s
from typing import Any, Final, Literal

import numpy as np
import pandas as pd

from gridrt_client.answer import DecodeReport
from gridrt_client.decoding._values import Codes, Decoded
from gridrt_client.personal_texts import MASK, candidates, clear_candidates, replaced, scrubbed, spelling
from gridrt_client.schema import TEXTS, Field, Kind, Schema, is_contact, is_free_text
from gridrt_client.settings import Settings

Rows = np.ndarray[Any, np.dtype[np.int64]]
PersonalData = Literal["clear", "pseudonyms"]
"""Whether personal data is returned as it came, or as pseudonyms."""

DIGITS: Final = 12
CONTACT: Final = "str2"
"""The field that holds the contact itself in events of `schema.is_contact`."""

_PROCESS_KEY: Final = secrets.token_bytes(32)
_PLAIN, _FREE, _CONTACT = 0, 1, 2  # how the texts of an event are read, by its type


class Pseudonyms:
    """The pseudonyms that one key gives."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    @classmethod
    def of_day(cls, settings: Settings, moment: datetime) -> "Pseudonyms":
        """Return the pseudonyms of a tenant for the day (UTC) of an answer."""
        # Processes that share answers must agree, and have nothing secret in common but the access token.
        common = settings.access_token if settings.redis_url else ""
        key = (settings.pseudonym_key or common).encode() or _PROCESS_KEY
        day = f"{settings.tenant_id} {moment.astimezone(UTC):%Y-%m-%d}"
        return cls(hmac.digest(key, day.encode(), "sha256"))

    def of(self, value: str) -> str:
        """Return the pseudonym of a value; the empty text, which says nothing, is its own."""
        if not value:
            return value
        return MASK + blake2s(value.encode(), key=self._key, digest_size=DIGITS // 2).hexdigest()

    def __repr__(self) -> str:
        return "Pseudonyms()"


def masked(found: Decoded, schema: Schema, pseudonyms: Pseudonyms) -> Decoded:
    """Return an answer with pseudonyms in place of personal data; the dtypes stay."""
    frame = found.frame
    kinds = _rows_by_kind(frame["eventType"].array) if "eventType" in frame.columns else None
    columns = {field.name: _masked(field, frame[field.name].array, kinds, pseudonyms) for field in schema.fields}
    return Decoded(pd.DataFrame(columns, copy=False), _without_names(found.report))


def _masked(field: Field, array: Any, kinds: dict[int, Rows] | None, pseudonyms: Pseudonyms) -> Any:
    if field.kind is Kind.UNIQUE:
        places = candidates(pd.Index(array), ids=True)
        if places:
            array = array.copy()
            array[places] = [replaced(array[place], pseudonyms.of) for place in places]
    elif field.kind is Kind.TEXT and field.personal:
        return _with_texts(array, map(pseudonyms.of, array.categories.to_numpy(dtype=object)))
    elif field.kind is Kind.TEXT and field.name in TEXTS and kinds is not None:
        return _masked_by_kind(field.name, array, kinds, pseudonyms)
    elif field.kind is Kind.TEXT and (places := candidates(array.categories, ids=True)):
        texts = array.categories.to_numpy(dtype=object, copy=True)
        texts[places] = [replaced(texts[place], pseudonyms.of) for place in places]
        return _with_texts(array, texts)
    return array


def _contacts(values: pd.Index, pseudonyms: Pseudonyms) -> list[str]:
    """Return the pseudonyms of whole values; of an address or a number it is the one that it has within texts."""
    texts = values.to_numpy(dtype=object, copy=True)
    for place in candidates(values):
        texts[place] = spelling(texts[place])
    return [pseudonyms.of(text) for text in texts]


def _rows_by_kind(types: pd.Categorical) -> dict[int, Rows]:
    """Return the positions of the events whose texts are read alike, as their type says."""
    kinds = [_CONTACT if is_contact(name) else _FREE if is_free_text(name) else _PLAIN for name in types.categories]
    kind_of_row = np.array([*kinds, _PLAIN], np.int8)[types.codes]
    return {kind: np.flatnonzero(kind_of_row == kind) for kind in (_PLAIN, _FREE, _CONTACT)}


def _masked_by_kind(
    name: str, array: pd.Categorical, by_kind: dict[int, Rows], pseudonyms: Pseudonyms
) -> pd.Categorical:
    """Return a column of texts; one text may be read in several ways, by the types of the events that have it."""
    values = array.categories
    found = candidates(values)
    if not found and name != CONTACT:
        return array
    texts: list[str] = values.to_numpy(dtype=object).tolist()
    changed_codes: dict[int, Codes] = {}
    for kind, rows in by_kind.items():
        codes = array.codes.take(rows)
        # Which texts these events have; the last one stands for the missing.
        occurs = np.zeros(len(values) + 1, bool)
        occurs[codes] = True
        if kind == _CONTACT and name == CONTACT:
            places = np.flatnonzero(occurs[:-1])
            written = _contacts(values.take(places), pseudonyms)
        else:
            own = [place for place in found if occurs[place]]
            places = np.array(clear_candidates(values, own) if kind == _PLAIN else own, np.int64)
            written = [replaced(texts[place], pseudonyms.of, free=kind != _PLAIN) for place in places]
        changed = {at: new for at, new in zip(places.tolist(), written, strict=True) if new != texts[at]}
        if changed:
            table = np.append(np.arange(len(values), dtype=np.int32), np.int32(-1))
            table[list(changed)] = np.arange(len(texts), len(texts) + len(changed), dtype=np.int32)
            texts += changed.values()
            changed_codes[kind] = table[codes]
    if not changed_codes:
        return array
    all_codes = array.codes.astype(np.int32)
    for kind, codes in changed_codes.items():
        all_codes[by_kind[kind]] = codes
    return _coded(all_codes, texts)


def _with_texts(array: pd.Categorical, texts: Iterable[str]) -> pd.Categorical:
    categories = pd.Index(list(texts), dtype="str")
    if not categories.is_unique:
        return _coded(array.codes, list(categories))
    return pd.Categorical.from_codes(array.codes, categories=categories, validate=False)


def _coded(codes: Codes, texts: list[str]) -> pd.Categorical:
    """Return a column of codes for texts; equal texts become one, in order of first occurrence as `schema` says."""
    first = np.full(len(texts) + 1, len(codes), np.int64)
    # The last assignment to a place counts; that of the missing is the last place.
    first[codes[::-1]] = np.arange(len(codes) - 1, -1, -1)
    order = np.argsort(first[:-1], kind="stable")
    known: dict[str, int] = {}
    table = np.full(len(texts) + 1, -1, np.int32)
    for place in order[: int((first[:-1] < len(codes)).sum())].tolist():
        table[place] = known.setdefault(texts[place], len(known))
    return pd.Categorical.from_codes(table[codes], categories=pd.Index(list(known), dtype="str"), validate=False)


def _without_names(report: DecodeReport) -> DecodeReport:
    """Return the report without addresses and numbers in the names of unannounced fields."""
    names: dict[str, int] = {}
    for name, count in report.unannounced.items():
        names[scrubbed(name)] = names.get(scrubbed(name), 0) + count
    return report._replace(unannounced=names)
