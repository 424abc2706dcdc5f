"""A customer whose sections are kept by name, without a store."""

from collections.abc import Mapping

from agents.customer.model import Customer


def customer_with(stored: Mapping[str, bytes | None], customer_id: str = "c-1") -> Customer:
    """Return the customer; what `stored` holds when a section is first asked for counts."""
    return Customer(customer_id, stored.get)
