"""What an agent should speak of first: an outage, before a ticket, before a charge, before what there is to offer."""

from collections.abc import Callable
from typing import Final

from operator_day import config, shelf
from operator_day.corner import OPENED, RESOLVED, Corner
from operator_day.pen import BILLING
from operator_day.scene import Scene
from operator_day.stories.balance import HIGH
from operator_day.talk import Talk
from operator_day.zones import HOUR, SECOND
from schemas import records

_DAYS_AGO: Final = 50 * HOUR


def asks_about_a_charge(scene: Scene) -> None:
    """A charge of today is what to speak of first, with its unit price; the newest of two."""
    scene.balance(1, HIGH)
    _charge(scene, 2, "older", 10_00)
    _charge(scene, 3, "newer", 840_00)
    talk = Talk(scene, "charge")
    talk.goes(6, shelf.MONEY_REASON)
    at = _charged_at(scene, "newer")
    shown = records.Charge(_charge_id(scene, "newer"), "voice", 840_00, 168, at, 5_00)
    talk.shows(first="charge", charge=shown, balance_minor=HIGH, currency=config.CURRENCY)


def was_charged_days_ago(scene: Scene) -> None:
    """A charge of the day before yesterday is told, but is nothing to begin with."""
    _charge(scene, 2, "old", 10_00, early=_DAYS_AGO)
    Talk(scene, "old").goes(5, shelf.CALLS_REASON)


def calls_while_it_is_broken(scene: Scene) -> None:
    """The outage is what to speak of first, before a ticket and a charge, with its estimate and its cause."""
    scene.with_number()
    corner, eta, cause = Corner(scene), scene.plan.hour(8), "A cable was cut"
    _charge(scene, 1, "fresh", 100_00)
    corner.opened(3, eta=eta, cause_public=cause)
    corner.told(OPENED)
    talk = Talk(scene, "broken")
    talk.goes(5, shelf.FAULT_REASON)
    talk.shows(first="outage", outage=corner.seen(eta=eta, cause_public=cause), gate="outage", is_repeat=False)
    corner.resolved(7)
    corner.told(RESOLVED)
    scene.pen.ledger.breaks(
        scene.person.customer_id,
        scene.plan.hour(3),
        scene.plan.hour(8),
        corner.seen(eta=eta, cause_public=cause),
    )
    mended = Talk(scene, "mended")
    mended.goes(10, shelf.CALLS_REASON)
    mended.shows(first="charge", outage=None, gate=None)


def _charge_id(scene: Scene, name: str) -> str:
    return f"ch-{scene.spare}-{name}"


def _charge(scene: Scene, hour: int, name: str, minor: int, *, early: int = SECOND) -> None:
    fields = {
        "amount_minor": minor,
        "currency": config.CURRENCY,
        "kind": "voice",
        "units": minor // 5_00,
        "unit_price_minor": 5_00,
    }
    account = scene.person.accounts[0]
    charge_id = _charge_id(scene, name)
    scene.happens(hour, BILLING, records.ChargePosted, early=early, account_id=account, charge_id=charge_id, **fields)


def _charged_at(scene: Scene, name: str) -> int:
    """Give when the charge of that name was posted."""
    arrived = (record for _, record in scene.pen.ledger.journal.of(scene.person.customer_id))
    charges = (record for record in arrived if isinstance(record, records.ChargePosted))
    return next(charge.occurred_at for charge in charges if charge.charge_id == _charge_id(scene, name))


STORIES: Final[tuple[Callable[[Scene], None], ...]] = (
    asks_about_a_charge,
    was_charged_days_ago,
    calls_while_it_is_broken,
)
