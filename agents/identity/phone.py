"""Phone numbers: many spellings, one canonical form."""

import re
from typing import Final

import phonenumbers

REGION: Final = "RU"
"""A number without a country code is one of this region's."""

_RUSSIAN: Final = re.compile(r"(?:\+?7|007)([3489][0-9]{9})|8(9[0-9]{9})", re.ASCII)
"""Digits for which the slow way says the same (checked against it by a test): 1 instead of 25 to 50 us. A national 8
before 3, 4 or 8 is not among them: it may as well be Vietnam's 84."""
_SPELLING: Final = re.compile(r"\+?[0-9 ()./\-\u00a0\u2010-\u2013\u202f]{5,40}", re.ASCII)
_PUNCTUATION: Final = re.compile(r"[^0-9+]", re.ASCII)


def canonical_phone(text: str) -> str | None:
    """Return the number's E.164 digits, or None when `text` is no number.

    A number with `+` or `00` in front is international. Bare digits are read as a number of `REGION` with its
    national prefixes (8, 8-10) where that gives an assigned number, else as international digits. The result keeps
    its `+` where bare digits would mean another number (`+960 771-23-45` is in the Maldives, `9607712345` is a
    Russian mobile), so that canonical forms are never confused and the canonical form of one is itself.
    """
    if not _SPELLING.fullmatch(text):
        return None
    digits = _PUNCTUATION.sub("", text)
    russian = _RUSSIAN.fullmatch(digits)
    if russian is not None:
        return "7" + (russian[1] or russian[2])
    return _any_phone(digits)


def _any_phone(digits: str) -> str | None:
    if digits.startswith("00"):
        digits = "+" + digits[2:]
    number = _settled(_parsed(digits) if digits.startswith("+") else _bare(digits))
    if number is None or number.national_number == 0:  # all zeros stand for "no number"
        return None
    international = _international(number)
    plain = international[1:]
    return plain if _settled(_bare(plain)) == number else international


def _settled(number: phonenumbers.PhoneNumber | None) -> phonenumbers.PhoneNumber | None:
    """Read a number's own international form until it stays: national prefixes can hide behind a country code."""
    while number is not None:
        again = _parsed(_international(number))
        if again == number:
            break
        number = again
    return number


def _international(number: phonenumbers.PhoneNumber) -> str:
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _parsed(text: str) -> phonenumbers.PhoneNumber | None:
    """Read one way; None when no number could have this form."""
    try:
        number = phonenumbers.parse(text, REGION)
    except phonenumbers.NumberParseException:
        return None
    return number if phonenumbers.is_possible_number(number) else None


def _bare(digits: str) -> phonenumbers.PhoneNumber | None:
    """Read digits without `+`: an assigned national number, an assigned international one, a possible one."""
    readings = [number for number in (_parsed(digits), _parsed("+" + digits)) if number is not None]
    assigned = [number for number in readings if phonenumbers.is_valid_number(number)]
    return next(iter(assigned or readings), None)
