"""Section `products`: what the customer has; what others may use of product."""

from typing import Final

import msgspec

from agents.customer.model import GuardFull, short
from schemas.records import OwnedProduct
from streams.core.records import Millis

PRODUCTS: Final = "products"

MAX_ACTIVE: Final = 50
"""Products that one customer has. With more something is wrong upstream: the next is refused, none is lost."""
MAX_ENDED: Final = 10
"""Products kept after they ended, for news of them that come late; the one that ended first makes room."""


class Content(msgspec.Struct, array_like=True, frozen=True, gc=False, order=True):
    """What a product is: the later counts, of two at once a change more than an activation.

    Attributes:
        at: When it became so; -1 before the first.
        rank: Activated, then changed.
        spec_id: What was sold.
        name: What it is called.
        is_tariff: Whether it is the tariff.
        price_minor: Price of a month in minor units; -1 when it was not said.
        currency: Its currency; empty when it was not said.
    """

    at: Millis = -1
    rank: int = 0
    spec_id: str = ""
    name: str = ""
    is_tariff: bool = False
    price_minor: int = -1
    currency: str = ""


UNKNOWN: Final = Content()
"""Nothing was said of what it is."""


class Product(msgspec.Struct, array_like=True, gc=False):
    """A product, put together from events that come in any order.

    It is the customer's until it is terminated, and then only once it is activated after that.

    Attributes:
        product_id: The customer's product, an instance.
        content: What it is, by the newest activation or change.
        activated_at: When it was activated last; -1 while that is not known.
        terminated_at: When it ended last; -1 before the first.
    """

    product_id: str
    content: Content = UNKNOWN
    activated_at: Millis = -1
    terminated_at: Millis = -1

    @property
    def is_active(self) -> bool:
        """Whether the customer has it, and it is known what it is."""
        return self.content.at >= 0 and (self.terminated_at < 0 or self.activated_at > self.terminated_at)

    @property
    def spec_id(self) -> str:
        """What was sold."""
        return self.content.spec_id

    @property
    def name(self) -> str:
        """What it is called."""
        return self.content.name

    @property
    def is_tariff(self) -> bool:
        """Whether it is the tariff."""
        return self.content.is_tariff

    def shown(self) -> OwnedProduct:
        """Return it as others see it."""
        return OwnedProduct(self.product_id, self.spec_id, self.name, self.is_tariff)


class Products(msgspec.Struct, array_like=True, gc=False):
    """Section `products`.

    Attributes:
        products: Those that the customer has, and the last that ended, by id. What they have is never forgotten: who
            has a product is not offered it.
    """

    products: dict[str, Product] = {}

    def meet(self, product_id: str) -> Product:
        """Return the product for change, known from now on."""
        found = self.products.get(product_id)
        if found is None:
            found = self.products[short(product_id, "product_id")] = Product(product_id)
        return found

    def settle(self) -> None:
        """Forget the ended ones beyond their bound.

        Raises:
            GuardFull: the customer has more than `MAX_ACTIVE`.
        """
        ended = [each for each in self.products.values() if not each.is_active]
        if len(self.products) - len(ended) > MAX_ACTIVE:
            raise GuardFull("a customer has more products than any customer has")
        for each in sorted(ended, key=lambda each: (each.terminated_at, each.product_id))[:-MAX_ENDED]:
            del self.products[each.product_id]


def active(products: Products | None) -> tuple[Product, ...]:
    """Return what the customer has, by id."""
    if products is None:
        return ()
    return tuple([each for _, each in sorted(products.products.items()) if each.is_active])


def tariff(products: Products | None) -> Product | None:
    """Return the tariff; of several the one that became so last."""
    if products is None:
        return None
    tariffs = [each for each in products.products.values() if each.is_tariff and each.is_active]
    return max(tariffs, key=lambda each: (each.content.at, each.product_id), default=None)


def spec_ids(products: Products | None) -> frozenset[str]:
    """Return what was sold to the customer and still works, the tariff included."""
    return frozenset([each.spec_id for each in active(products)])
