"""Phone numbers: many spellings of one number, never one spelling of two."""

import random
import re

import pytest

from agents.identity import phone
from agents.identity.phone import canonical_phone


@pytest.mark.parametrize(
    "spelling",
    [
        "79161234567",
        "+79161234567",
        "+7 (916) 123-45-67",
        "8 916 123 45 67",
        "89161234567",
        "8 (916) 123\u201145\u201167",
        "9161234567",
        "007 916 123-45-67",
        "810 7 916 1234567",
    ],
)
def test_spelling_of_a_russian_number_is_its_e164_digits(spelling: str) -> None:
    assert canonical_phone(spelling) == "79161234567"


@pytest.mark.parametrize("spelling", ["+44 7911 123456", "00447911123456", "447911123456"])
def test_foreign_number_is_its_e164_digits(spelling: str) -> None:
    assert canonical_phone(spelling) == "447911123456"


@pytest.mark.parametrize(
    ("foreign", "russian"),
    [("+960 771-23-45", "9607712345"), ("+84 91 234 56 78", "84912345678")],
)
def test_number_whose_bare_digits_are_a_russian_number_keeps_its_plus(foreign: str, russian: str) -> None:
    canonical = canonical_phone(foreign)
    assert canonical == "+" + russian
    assert canonical != canonical_phone(russian)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "112",
        "+7916",
        "8-800-FLOWERS",
        "+7 916 123-45-67 ext. 5",
        "7\uff1916\uff11234567",
        "+70000000000",
        "80000000000",
        "+" + "9" * 30,
        "++79161234567",
        "7" * 10_000,
    ],
)
def test_what_is_no_number_is_none(text: str) -> None:
    assert canonical_phone(text) is None


@pytest.mark.parametrize("prefix", ["7", "+7", "007", "89"])
def test_fast_path_agrees_with_the_library(monkeypatch: pytest.MonkeyPatch, prefix: str) -> None:
    drawn = random.Random(7)
    first = "" if prefix == "89" else "3489"
    numbers = [f"{prefix}{drawn.choice(first) if first else ''}{drawn.randrange(10**9):09}" for _ in range(300)]
    fast = [canonical_phone(number) for number in numbers]
    monkeypatch.setattr(phone, "_RUSSIAN", re.compile("never"))
    assert fast == [canonical_phone(number) for number in numbers]
    assert fast == ["7" + number[-10:] for number in numbers]
