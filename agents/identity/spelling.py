"""Identifiers: `scheme:value` in the one spelling that everything else compares."""

import re
from collections.abc import Callable
from hashlib import blake2b
from typing import Final, Literal, get_args

from agents.identity.phone import canonical_phone

Scheme = Literal["customer", "msisdn", "contract", "account", "app", "email", "onu"]
SCHEMES: Final[frozenset[str]] = frozenset(get_args(Scheme))
MAX_LENGTH: Final = 256
"""Characters of an identifier; the longest legal e-mail address has 254."""

CUSTOMER_SCHEME: Final = "customer"
PROVISIONAL_MARK: Final = "~"
"""First character of a provisional customer's id; no producer can write one."""

_CUSTOMER_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)
_OPAQUE: Final = re.compile(r"[!-~]{1,128}", re.ASCII)
_EMAIL: Final = re.compile(r"[^@\s]{1,64}@[^@\s.]+(\.[^@\s.]+)+")
_ALL_ZEROS: Final = re.compile(r"[0\-_.\s]*")
_JUNK: Final = frozenset(
    {
        "null", "none", "nil", "nan", "n/a", "na", "undefined", "unknown", "unbekannt", "anonymous", "guest",
        "default", "empty", "test", "true", "false", "id", "user", "email", "customer", "msisdn", "distinct_id",
        "distinctid", "not_authenticated", "not-authenticated", "[object object]", "no-reply", "noreply",
    }
)  # fmt: skip
"""What programs write when they have no identifier; a link on one would merge everybody who ever had none."""


class BadIdentifier(ValueError):  # noqa: N818 - reads as what happened
    """No identifier that the hub can read. The text names the fault and never the value."""


def normalise(identifier: str) -> str:
    """Return the canonical spelling of `scheme:value`; the canonical spelling of that is itself.

    Schemes are case-insensitive and a closed list. Numbers become E.164 digits (see `canonical_phone`), e-mail
    addresses lower case; everything else stays as it is, without surrounding white space.

    Raises:
        BadIdentifier: no scheme, an unknown one, or a value that cannot be one or stands for "none".
    """
    scheme, colon, value = identifier.partition(":")
    scheme, value = scheme.strip().lower(), value.strip()
    if not colon or scheme not in SCHEMES:
        raise BadIdentifier("no known scheme")
    if len(identifier) > MAX_LENGTH:
        raise BadIdentifier("longer than an identifier may be")
    if is_junk(value):
        raise BadIdentifier("a placeholder, not a value")
    canonical = _CANONICAL.get(scheme, _opaque)(value)
    if canonical is None:
        raise BadIdentifier(f"no value of scheme {scheme}")
    return f"{scheme}:{canonical}"


def is_junk(value: str) -> bool:
    """Return True for what stands in for a missing value."""
    return value.lower() in _JUNK or _ALL_ZEROS.fullmatch(value) is not None


def _customer(value: str) -> str | None:
    return value if _CUSTOMER_ID.fullmatch(value) else None


def _email(value: str) -> str | None:
    address = value.lower()
    if not _EMAIL.fullmatch(address) or not address.isprintable():
        return None
    return None if is_junk(address.partition("@")[0]) else address


def _opaque(value: str) -> str | None:
    return value if _OPAQUE.fullmatch(value) else None


_CANONICAL: Final[dict[str, Callable[[str], str | None]]] = {
    CUSTOMER_SCHEME: _customer,
    "msisdn": canonical_phone,
    "email": _email,
}


def customer_of(identifier: str) -> str | None:
    """Return the customer id inside a canonical `customer:` identifier, None for any other scheme."""
    scheme, _, value = identifier.partition(":")
    return value if scheme == CUSTOMER_SCHEME else None


def checked_customer_id(text: str) -> str:
    """Return `text` when a customer may be called so.

    Raises:
        BadIdentifier: it is no legal customer id, or stands for "none".
    """
    return normalise(f"{CUSTOMER_SCHEME}:{text}").partition(":")[2]


def provisional_id(identifier: str, key: bytes) -> str:
    """Return the id of the provisional customer of a canonical identifier that nobody has claimed.

    Args:
        identifier: In its canonical spelling.
        key: The installation's pseudonym key, at most 64 bytes; without it nobody can get back from the id to a
            number by trying all numbers.
    """
    return PROVISIONAL_MARK + blake2b(identifier.encode(), digest_size=12, key=key).hexdigest()


def is_provisional(customer_id: str) -> bool:
    """Return True for the id of a provisional customer."""
    return customer_id.startswith(PROVISIONAL_MARK)
