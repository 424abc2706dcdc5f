"""Identifiers: what is one, and how it is spelt."""

import pytest

from agents.identity.model import BadIdentifier, checked_customer_id, is_provisional, normalise, provisional_id


@pytest.mark.parametrize(
    ("raw", "canonical"),
    [
        ("customer:C-1001", "customer:C-1001"),
        (" Customer : C1 ", "customer:C1"),
        ("MSISDN:8 916 123-45-67", "msisdn:79161234567"),
        ("email:Anna.K@Example.COM", "email:anna.k@example.com"),
        ("contract:A/2024-77", "contract:A/2024-77"),
        ("account:77", "account:77"),
        ("app:A-77:ios", "app:A-77:ios"),
        ("onu:HWTC1A2B3C4D", "onu:HWTC1A2B3C4D"),
    ],
)
def test_identifier_has_one_spelling(raw: str, canonical: str) -> None:
    assert normalise(raw) == canonical
    assert normalise(canonical) == canonical


@pytest.mark.parametrize(
    "raw",
    [
        "",
        ":",
        "79161234567",
        "msisdn",
        "msisdn:",
        "passport:4501",
        "customer:",
        "customer:two words",
        "customer:-starts-with-a-dash",
        "customer:" + "x" * 65,
        "customer:~0123456789abcdef01234567",
        "email:nobody",
        "email:a@b@c.ru",
        "email:a b@c.ru",
        "email:a@localhost",
        "app:" + "x" * 129,
        "app:tab\there",
        "app:\x00",
        "contract:" + "1" * 300,
    ],
)
def test_what_is_no_identifier_is_refused(raw: str) -> None:
    with pytest.raises(BadIdentifier):
        normalise(raw)


@pytest.mark.parametrize("scheme", ["customer", "msisdn", "contract", "account", "app", "onu"])
@pytest.mark.parametrize("value", ["null", "None", "NULL", "unknown", "0", "000000", "test", "undefined", "NaN", "-"])
def test_placeholder_for_a_missing_value_is_refused(scheme: str, value: str) -> None:
    with pytest.raises(BadIdentifier):
        normalise(f"{scheme}:{value}")


def test_placeholder_mailbox_is_refused() -> None:
    with pytest.raises(BadIdentifier):
        normalise("email:NULL@example.com")


def test_refusal_says_nothing_of_the_value() -> None:
    with pytest.raises(BadIdentifier) as refusal:
        normalise("msisdn:+7 916 secret")
    assert "916" not in str(refusal.value)
    assert "secret" not in repr(refusal.value)


def test_customer_id_is_opaque_and_bounded() -> None:
    assert checked_customer_id("C-1") == "C-1"
    with pytest.raises(BadIdentifier):
        checked_customer_id("none")
    with pytest.raises(BadIdentifier):
        checked_customer_id("a/b")


def test_provisional_id_is_a_keyed_hash_that_no_producer_can_write() -> None:
    one = provisional_id("msisdn:79161234567", b"key-one")
    assert one == provisional_id("msisdn:79161234567", b"key-one")
    assert len(one) == 25
    assert is_provisional(one)
    assert one != provisional_id("msisdn:79161234567", b"key-two")
    assert one != provisional_id("msisdn:79161234568", b"key-one")
    with pytest.raises(BadIdentifier):
        checked_customer_id(one)
