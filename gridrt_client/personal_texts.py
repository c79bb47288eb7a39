"""E-mail addresses and phone numbers inside texts: what is one, where it stands, and one spelling for equal ones.

Characters that don't show (zero-width spaces, control characters, marks of direction) are skipped, and digits, ``@``,
``+``, dots and hyphens count in every form that Unicode has of them, so that an address is found however it is written.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from ipaddress import ip_address
from typing import Any, Final, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

MASK: Final = "•••"
LONGEST: Final = 100_000  # characters of a text that are searched: a second of work at worst

# One letter, digit or mark of a word in any script; written as a class, so that `\w` of `re` and this mean the same.
_WORD = r"[^\W_]"
_LOCAL = r"\w.!#$%&'*+=?^`{|}~-"
# From where no longer one begins, so that each character is looked at once.
_EMAIL: Final = re.compile(
    rf"(?:\"[^\"@]{{1,64}}\"|(?<![{_LOCAL}])[{_LOCAL}]++) ?@ ?"
    rf"(?:\[[0-9a-fA-F.:]+\]|{_WORD}[\w-]*+(?:\.{_WORD}[\w-]*+)++)"
)
_WHOLE_EMAIL: Final = re.compile(
    r"[\w.!#$%&'*+=?^`{|}~-]+@[a-zA-Z0-9][a-zA-Z0-9-]*(?:\.[a-zA-Z0-9][a-zA-Z0-9-]*)+", re.ASCII
)
_WHOLE_NUMBER: Final = re.compile(r"\+?[0-9][0-9 ()-]{5,}[0-9]")
_UUID: Final = re.compile(r"(?<!\w)[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}(?!\w)")
_DATE: Final = re.compile(r"(?<!\d)(?:19|20)\d\d-[01]\d-[0-3]\d(?![\d-])")
_OCTET = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
_MACHINE: Final = re.compile(rf"(?<![\d.]){_OCTET}(?:\.{_OCTET}){{3}}(?![\d.])")

_GAP = r"[ .()/~-]{0,3}"
_ANY_NUMBER: Final = re.compile(rf"(?:\+|\()?{_GAP}?\d(?:{_GAP}\d){{6,}}")
"""Seven or more digits however they are grouped: for what people write."""

_CLEAR_NUMBERS: Final = re.compile(
    # An international number: +46 70-123 45 67, 0046 70 123 45 67.
    rf"(?<![\w+.])(?:\+{_GAP}|00[ -]?(?=[1-9]))\d(?:{_GAP}\d){{6,14}}(?![\w])"
    # Behind a word that says what it is: tel:0701234567, phone 0701234567.
    r"|(?<!\w)(?:tel|telephone|telefon|phone|mobile|mobil|fax|call|sms|whatsapp)\.?[ :=#]{0,3}"
    rf"(?P<named>\+?\(?\d(?:{_GAP}\d){{6,14}})(?!\w)"
    # An area code in parentheses: (08) 123 456.
    r"|(?<!\w)\(\d{1,5}\)[ -]?\d{2,4}(?:[ -]?\d{2,4}){1,3}(?!\w|[.-]\d)"
    # A trunk zero and groups, which are no date such as 03-04-2026: 070-123 45 67.
    r"|(?<![\w./+-])(?<!\d:)(?!\d\d[-/ ]\d\d[-/ ](?:19|20)\d\d)"
    r"0\d{1,4}[ /-]\d{2,4}(?:[ -]\d{2,4}){1,4}(?![\w:]|[.,-]\d)"
    # The groups of North America: 555-123-4567.
    r"|(?<![\w./+-])(?<!\d:)(?:1[ .-])?[2-9]\d\d(?P<sign>[ .-])\d{3}(?P=sign)\d{4}(?![\w:]|[.,-]\d)",
    re.IGNORECASE,
)
_IP: Final = re.compile(r"(?<![\w.:])[0-9a-fA-F:.]{3,}(?![\w:])")
_SLICE: Final = 1 << 20
_FEWEST_TRUNK_DIGITS: Final = 8
_CODE_LENGTHS: Final = (8, 12, 13, 14)
"""The digits of codes of products (GTIN)."""

# Whether there can be anything to find, for RE2 in Arrow. Between digits is anything but digits and letters, because
# invisible characters are among that; without a limit, which would take a hundred times as long.
_AT = r"@|\x{FF20}|\x{FE6B}"
_SIGNS: Final = rf"{_AT}|\+|\x{{FF0B}}|\x{{FE62}}|\x{{2795}}"
_SEVEN_DIGITS: Final = rf"{_AT}|\pN(?:[^\pL\pN]*\pN){{6}}"
_ZERO = r"[0\x{FF10}\x{0660}\x{06F0}\x{0966}]"
_HINTS: Final = (
    rf"{_SIGNS}|(?:^|[^\pL\pN]){_ZERO}[^\pL\pN]*{_ZERO}|\(|\pN[^\pL\pN]+\pN|(?i:tel|phone|mobil|fax|call|sms|whatsapp)"
)

_INVISIBLE: Final = frozenset(("Cf", "Cc", "Mn", "Me", "Zl", "Zp"))
_SAME: Final = {
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d", "-"),
    **dict.fromkeys("\u3002\uff0e\uff61\ufe52\u2024", "."),
    **dict.fromkeys("\uff0b\ufe62\u2795", "+"),
    **dict.fromkeys("\uff20\ufe6b", "@"),
    **dict.fromkeys("\t\n\r", " "),
}


class Found(NamedTuple):
    """A personal part of a text: where it stands, and its spelling in which equal ones are equal."""

    start: int
    end: int
    spelling: str


def candidates(texts: pd.Index, *, ids: bool = False) -> list[int]:
    """Return the places of texts that may hold an address or a number; of identifiers those with ``@`` or ``+``."""
    return _matching(texts, _SIGNS, ascii_signs="@+") if ids else _matching(texts, _SEVEN_DIGITS)


def clear_candidates(texts: pd.Index, places: list[int]) -> list[int]:
    """Return those of the `candidates` that may hold what is an address or a number without being `free`."""
    found = _matching(texts.take(places), _HINTS)
    return [places[at] for at in found]


def _matching(texts: pd.Index, pattern: str, ascii_signs: str = "") -> list[int]:
    """Return the places of the texts that match; of ASCII texts only those with one of the signs can, if there are any.

    A million ids are looked through in 6 ms, and matched in 50.
    """
    array = pa.array(texts, pa.large_string(), from_pandas=True)
    if ascii_signs and pc.all(pc.string_is_ascii(array)).as_py() is not False and not _holds(array, ascii_signs):
        return []
    found: list[int] = pc.indices_nonzero(pc.match_substring_regex(array, pattern).fill_null(False)).to_pylist()
    return found


def find(text: str, *, free: bool = False) -> list[Found]:
    """Return the addresses and numbers in a text, in order, not overlapping.

    `free` is for what people write: every group of seven or more digits is a phone number. Elsewhere only what clearly
    is one: codes of products, serial numbers, dates, prices, versions and UUIDs stay. A text of more than `LONGEST`
    characters is personal as a whole.
    """
    if len(text) > LONGEST:
        return [Found(0, len(text), text)]
    plain, places = _plain(text)
    emails = _EMAIL.finditer(plain) if "@" in plain else ()
    found = [Found(match.start(), match.end(), _email(match[0])) for match in emails]
    for start, end in _numbers(plain, free=free):
        if not any(start < one.end and one.start < end for one in found):
            found.append(Found(start, end, _digits(plain[start:end])))
    # What doesn't show at the end of a part goes with it.
    ends = places if isinstance(places, range) else [*places, len(text)]
    return sorted(Found(places[one.start], ends[one.end], one.spelling) for one in found)


def replaced(text: str, write: Callable[[str], str], *, free: bool = False) -> str:
    """Return a text with what `write` returns for the spelling of each address and number in place of it."""
    parts, at = [], 0
    for one in find(text, free=free):
        parts += [text[at : one.start], write(one.spelling)]
        at = one.end
    return "".join((*parts, text[at:])) if parts else text


def spelling(text: str) -> str:
    """Return one spelling for a value that is an address or a number as a whole; any other text as it is."""
    # Nearly all are in these forms.
    if _WHOLE_EMAIL.fullmatch(text):
        return _email(text)
    if _WHOLE_NUMBER.fullmatch(text) and sum(map(str.isdigit, text)) >= 7:
        return _digits(text)
    if _UUID.fullmatch(text):
        return text
    found = find(text, free=True)
    is_whole = len(found) == 1 and not (text[: found[0].start] + text[found[0].end :]).strip()
    return found[0].spelling if is_whole else text


def scrubbed(text: str) -> str:
    """Return a text for a message, with ``•••`` in place of addresses, internet addresses among them, and numbers."""
    return _IP.sub(lambda match: MASK if _is_ip(match[0]) else match[0], replaced(text, lambda _: MASK))


def _holds(array: Any, signs: str) -> bool:
    """Return whether a sign occurs in any text of an Arrow array; in slices, so that it takes no memory."""
    chunks = array.chunks if isinstance(array, pa.ChunkedArray) else [array]
    contents = (np.frombuffer(chunk.buffers()[2] or b"", np.uint8) for chunk in chunks)
    slices = (content[at : at + _SLICE] for content in contents for at in range(0, len(content), _SLICE))
    return any(bool((part == ord(sign)).any()) for part in slices for sign in signs)


def _plain(text: str) -> tuple[str, Sequence[int]]:
    """Return the text with plain digits and signs and without what doesn't show, and each character's place."""
    if text.isascii() and text.isprintable():
        return text, range(len(text) + 1)
    characters, places = [], []
    for place, character in enumerate(text):
        known = _SAME.get(character)
        if known is None and unicodedata.category(character) in _INVISIBLE:
            continue
        if known is None and not character.isascii():
            digit = unicodedata.digit(character, None)
            known = str(digit) if digit is not None else " " if character.isspace() else None
        characters.append(known or character)
        places.append(place)
    return "".join(characters), places


def _numbers(plain: str, *, free: bool) -> Iterator[tuple[int, int]]:
    kept = [match.span() for form in (_UUID, _DATE, _MACHINE) for match in form.finditer(plain)]
    if free:
        blanked = plain
        for start, end in kept:
            blanked = f"{blanked[:start]}{'x' * (end - start)}{blanked[end:]}"
        for match in _ANY_NUMBER.finditer(blanked):
            yield _without_blanks(plain, *match.span())
        return
    for match in _CLEAR_NUMBERS.finditer(plain):
        start, end = match.span("named") if match["named"] else match.span()
        number = plain[start:end]
        digits = sum(character.isdigit() for character in number)
        is_trunk = number[0] in "0(" and not number.startswith("00")
        if digits >= (_FEWEST_TRUNK_DIGITS if is_trunk else 7) and not (number.isdigit() and _is_code(number)):
            yield _without_blanks(plain, start, end)


def _without_blanks(plain: str, start: int, end: int) -> tuple[int, int]:
    number = plain[start:end]
    return start + len(number) - len(number.lstrip(" .-/)~")), end


def _is_code(digits: str) -> bool:
    """Return whether digits have the length and the check digit of a code of a product."""
    weighted = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(reversed(digits)))
    return len(digits) in _CODE_LENGTHS and weighted % 10 == 0


def _is_ip(text: str) -> bool:
    try:
        return bool(ip_address(text.strip(".")))
    except ValueError:
        return False


def _email(text: str) -> str:
    return text.replace(" ", "").casefold()


def _digits(text: str) -> str:
    digits = "".join(filter(str.isdigit, text))
    return digits.removeprefix("00") if digits.startswith("00") else digits
