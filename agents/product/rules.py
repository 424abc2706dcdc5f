"""What a customer has bought and still has, whatever the order in which it is heard.

The newest activation or change says what a product is. A termination ends it, unless it was activated after that; a
change that is heard of a product that ended does not bring it back.
"""

from collections.abc import Callable, Sequence
from typing import Any

from agents.customer.model import Capability, Customer, Handler, Moment, short
from agents.message.model import NOTHING, Effect
from agents.product.model import PRODUCTS, Content, Product, Products, active
from schemas.records import ProductActivated, ProductChanged, ProductTerminated

ACTIVATED, CHANGED = range(2)
"""Ranks of what a product is."""


def tell_activated(product: Product, event: ProductActivated) -> None:
    """Know that it works, and what it is."""
    product.activated_at = max(product.activated_at, event.occurred_at)
    product.content = max(product.content, _content(event, ACTIVATED))


def tell_changed(product: Product, event: ProductChanged) -> None:
    """Know what it is now."""
    product.content = max(product.content, _content(event, CHANGED))


def tell_terminated(product: Product, event: ProductTerminated) -> None:
    """Know that it is theirs no longer."""
    product.terminated_at = max(product.terminated_at, event.occurred_at)


def _content(event: ProductActivated | ProductChanged, rank: int) -> Content:
    return Content(
        event.occurred_at,
        rank,
        short(event.spec_id, "spec_id"),
        short(event.name, "name"),
        event.is_tariff,
        -1 if event.price_minor is None else event.price_minor,
        "" if event.currency is None else short(event.currency, "currency"),
    )


def about(tell: Callable[[Product, Any], None]) -> Handler:
    """Return the handler of events that tell something about one product."""

    def on_event(customer: Customer, event: Any, _moment: Moment) -> Sequence[Effect]:  # noqa: ANN401 - of its topic
        products = customer.section(PRODUCTS, Products)
        before = _shown(products)
        tell(products.meet(event.product_id), event)
        products.settle()
        if _shown(products) != before:
            customer.mark_material()
        return NOTHING

    return on_event


def _shown(products: Products) -> list[tuple[str, Content]]:
    return [(each.product_id, each.content) for each in active(products)]


def capability() -> Capability:
    """Return what product contributes."""
    return Capability(
        name="product",
        sections={PRODUCTS: Products},
        handlers={
            ProductActivated: about(tell_activated),
            ProductChanged: about(tell_changed),
            ProductTerminated: about(tell_terminated),
        },
        timers={},
    )
