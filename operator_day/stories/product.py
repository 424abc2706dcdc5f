"""Products and tariffs: what the customer has by the newest word, whatever order the words come in."""

from collections.abc import Callable
from typing import Any, Final

from operator_day import shelf
from operator_day.pen import PRODUCT
from operator_day.scene import Scene
from operator_day.talk import Talk
from operator_day.zones import MINUTE
from schemas import records

SUPER_NAME: Final = "Super"
PLUS_NAME: Final = "Super Plus"


def has_a_tariff(scene: Scene) -> None:
    """A tariff and an option: the agent sees the tariff by its name."""
    _sold(scene, 1, "t", shelf.SUPER, SUPER_NAME, is_tariff=True)
    _sold(scene, 1, "o", shelf.MOBILE_INTERNET, "Mobile internet")
    talk = Talk(scene, "asks")
    talk.goes(4, shelf.CALLS_REASON)
    talk.shows(tariff=SUPER_NAME)
    _ends_as(scene, SUPER_NAME, t=shelf.SUPER, o=shelf.MOBILE_INTERNET)


def moves_to_another_tariff(scene: Scene) -> None:
    """The same product is another tariff now."""
    _sold(scene, 1, "t", shelf.SUPER, SUPER_NAME, is_tariff=True)
    before = Talk(scene, "before")
    before.goes(3, shelf.TARIFF_REASON)
    before.shows(tariff=SUPER_NAME)
    _sold(scene, 5, "t", "super-plus", PLUS_NAME, records.ProductChanged, is_tariff=True)
    after = Talk(scene, "after")
    after.goes(7, shelf.ROAMING_REASON)
    after.shows(tariff=PLUS_NAME)
    _ends_as(scene, PLUS_NAME, t="super-plus")


def gives_a_product_back(scene: Scene) -> None:
    """Terminated, tariff and all: there is nothing any more."""
    _sold(scene, 1, "t", shelf.SUPER, SUPER_NAME, is_tariff=True)
    _sold(scene, 1, "o", shelf.MOBILE_INTERNET, "Mobile internet")
    _ends(scene, 3, "t")
    _ends(scene, 3, "o")
    talk = Talk(scene, "left")
    talk.goes(5, shelf.CALLS_REASON)
    talk.shows(tariff=None)
    _ends_as(scene, None, t=None, o=None)


def takes_it_back(scene: Scene) -> None:
    """Terminated and activated anew: they have it."""
    _sold(scene, 1, "t", shelf.SUPER, SUPER_NAME, is_tariff=True)
    _ends(scene, 3, "t")
    _sold(scene, 5, "t", shelf.SUPER, SUPER_NAME, is_tariff=True)
    _ends_as(scene, SUPER_NAME, t=shelf.SUPER)


def is_changed_before_it_works(scene: Scene) -> None:
    """The change is heard of before the activation that it came after: the newer word counts."""
    _sold(scene, 4, "t", "super-plus", PLUS_NAME, records.ProductChanged, is_tariff=True)
    _sold(scene, 4, "t", shelf.SUPER, SUPER_NAME, is_tariff=True, early=50 * MINUTE)
    _ends_as(scene, PLUS_NAME, t="super-plus")


def is_ended_in_disorder(scene: Scene) -> None:
    """A change from before the end arrives after it, and brings nothing back."""
    _sold(scene, 2, "t", shelf.SUPER, SUPER_NAME, is_tariff=True)
    _ends(scene, 5, "t")
    _sold(scene, 6, "t", "super-plus", PLUS_NAME, records.ProductChanged, is_tariff=True, early=100 * MINUTE)
    _ends_as(scene, None, t=None)


def has_two_tariffs(scene: Scene) -> None:
    """Two numbers, two tariffs: the newest is theirs."""
    _sold(scene, 1, "t", shelf.SUPER, SUPER_NAME, is_tariff=True)
    _sold(scene, 3, "u", "smart", "Smart", is_tariff=True)
    talk = Talk(scene, "asks")
    talk.goes(5, shelf.CALLS_REASON)
    talk.shows(tariff="Smart")
    _ends_as(scene, "Smart", t=shelf.SUPER, u="smart")


def _product(scene: Scene, name: str) -> str:
    return f"p-{scene.spare}-{name}"


def _sold(
    scene: Scene,
    hour: int,
    name: str,
    spec_id: str,
    title: str,
    kind: type[Any] = records.ProductActivated,
    *,
    is_tariff: bool = False,
    **more: Any,  # noqa: ANN401  # the record's
) -> None:
    what: dict[str, Any] = {"spec_id": spec_id, "name": title, "is_tariff": is_tariff, **more}
    price: dict[str, Any] = {"price_minor": 450_00, "currency": "RUB"}
    scene.happens(hour, PRODUCT, kind, product_id=_product(scene, name), **what, **price)


def _ends(scene: Scene, hour: int, name: str) -> None:
    scene.happens(hour, PRODUCT, records.ProductTerminated, product_id=_product(scene, name))


def _ends_as(scene: Scene, tariff: str | None, **owned: str | None) -> None:
    """Say in the story's own words what the last context must show."""
    ledger, customer = scene.pen.ledger, scene.person.customer_id
    ledger.know(customer, ("tariff",), tariff)
    for name, spec_id in owned.items():
        ledger.know(customer, ("product", _product(scene, name)), spec_id)


STORIES: Final[tuple[Callable[[Scene], None], ...]] = (
    has_a_tariff,
    moves_to_another_tariff,
    gives_a_product_back,
    takes_it_back,
    is_changed_before_it_works,
    is_ended_in_disorder,
    has_two_tariffs,
)
