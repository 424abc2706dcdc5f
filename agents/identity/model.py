"""What other capabilities may use of identity."""

from agents.identity.links import (
    MAX_LINKS,
    Closing,
    Interval,
    Link,
    Links,
    decode_links,
    encode_links,
    interval_at,
    owner_at,
)
from agents.identity.spelling import (
    CUSTOMER_SCHEME,
    SCHEMES,
    BadIdentifier,
    checked_customer_id,
    customer_of,
    is_junk,
    is_provisional,
    normalise,
    provisional_id,
)

__all__ = [
    "CUSTOMER_SCHEME",
    "MAX_LINKS",
    "SCHEMES",
    "BadIdentifier",
    "Closing",
    "Interval",
    "Link",
    "Links",
    "checked_customer_id",
    "customer_of",
    "decode_links",
    "encode_links",
    "interval_at",
    "is_junk",
    "is_provisional",
    "normalise",
    "owner_at",
    "provisional_id",
]
