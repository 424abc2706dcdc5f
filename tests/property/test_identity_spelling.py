"""The canonical spelling of an identifier is itself, and hostile keys are refused, nothing worse."""

from hypothesis import given, settings
from hypothesis import strategies as st

from agents.identity.model import SCHEMES, BadIdentifier, normalise

DIGITS = st.text("0123456789", min_size=5, max_size=16)
NUMBERS = st.builds(
    lambda prefix, digits: f"msisdn:{prefix}{digits}", st.sampled_from(["", "+", "00", "8", "7"]), DIGITS
)
ANYTHING = st.text(max_size=80) | st.builds(
    lambda scheme, value: f"{scheme}:{value}", st.sampled_from(sorted(SCHEMES)), st.text(max_size=60)
)


@settings(max_examples=300)
@given(NUMBERS | ANYTHING)
def test_canonical_spelling_is_a_fixed_point(raw: str) -> None:
    try:
        canonical = normalise(raw)
    except BadIdentifier:
        return
    assert normalise(canonical) == canonical
    assert canonical.partition(":")[0] in SCHEMES


@given(st.text("0123456789", min_size=9, max_size=9), st.sampled_from("3489"))
def test_every_spelling_of_a_number_is_the_same_identifier(rest: str, first: str) -> None:
    national = first + rest
    area, middle, end = national[:3], national[3:6], national[6:]
    spellings = [f"7{national}", f"+7 ({area}) {middle}-{end}", f"007{national}"]
    assert {normalise(f"msisdn:{spelling}") for spelling in spellings} == {f"msisdn:7{national}"}
