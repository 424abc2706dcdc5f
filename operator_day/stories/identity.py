"""Who an event belongs to: links that come late, numbers that change hands, and numbers that nobody claims."""

from collections.abc import Callable
from typing import Any, Final

from operator_day.city import Person, number_of
from operator_day.events import Event, Fate
from operator_day.pen import BILLING, CRM
from operator_day.scene import Scene
from operator_day.stories.balance import HIGH
from operator_day.zones import DAY, HOUR
from schemas import records

MAILBOX: Final = 64
"""Events that the hub keeps for one unclaimed identifier."""

UNCLAIMED: Final = Fate(reason="unclaimed")
_RESERVED: Final = 5_000_000
"""First index of the numbers that no customer of the city was given."""


def is_used_before_it_is_linked(scene: Scene) -> None:
    """Usage and charges under a number whose link comes an hour later: applied, each once."""
    scene.with_number()
    scene.keep_unlinked("msisdn")
    hour = scene.daytime(4)
    for _ in range(3):
        scene.usage(hour)
    _charge(scene, hour)
    scene.repeat(scene.events[-1], hour)
    _charge(scene, hour + 1)
    scene.link(hour + 2, "msisdn", scene.person.msisdn or "", scene.plan.day_start - DAY)
    scene.usage(hour + 3)


def is_linked_for_a_part(scene: Scene) -> None:
    """The link holds from noon on: what happened before it is nobody's."""
    scene.with_number(timezone="Europe/Moscow")
    scene.keep_unlinked("msisdn")
    noon = scene.plan.hour(12)
    _charge(scene, 10, fate=UNCLAIMED)
    _charge(scene, 13)
    scene.link(14, "msisdn", scene.person.msisdn or "", noon)
    _charge(scene, 15)


def changes_hands_at_noon(scene: Scene) -> None:
    """The number goes to another customer at noon: each event goes by its own time."""
    scene.with_number(timezone="Europe/Moscow")
    number, before = scene.person.msisdn or "", scene.person
    after = Person(customer_id=f"{before.customer_id}.next", accounts=(f"{before.accounts[0]}-next",))
    noon = scene.plan.hour(12)
    _charge(scene, 9)
    gone: dict[str, Any] = {"customer_id": before.customer_id, "scheme": "msisdn", "value": number, "valid_to": noon}
    scene.happens(13, CRM, records.IdentifierUnlinked, **gone)
    heir: dict[str, Any] = {"customer_id": after.customer_id, "scheme": "msisdn", "value": number, "valid_from": noon}
    scene.happens(
        14,
        CRM,
        records.IdentifierLinked,
        key=after.customer_key(),
        fate=Fate(after.customer_id),
        **heir,
    )
    scene.pen.ledger.stories[after.customer_id] = scene.name
    # All in one hour, out of the order of their times.
    _charge(scene, 16, fate=Fate(after.customer_id), account=after.accounts[0])
    _charge(scene, 16, early=5 * HOUR)
    _charge(scene, 16, fate=Fate(after.customer_id), account=after.accounts[0], early=2 * HOUR)
    _charge(scene, 16, early=6 * HOUR)


def belongs_to_nobody(scene: Scene) -> None:
    """A number that nobody ever claims: dead letters, thirty days on."""
    key = _strangers(scene)
    for hour in (5, 5, 9):
        _charge(scene, hour, fate=UNCLAIMED, key=key)


def overflows_its_mailbox(scene: Scene) -> None:
    """More events than a mailbox holds: what is over is a dead letter at once, the rest when it runs out."""
    key = _strangers(scene)
    for count in range(MAILBOX + 6):
        _charge(scene, 5 + count // 30, fate=UNCLAIMED, key=key)


def is_claimed_after_an_overflow(scene: Scene) -> None:
    """The same, but claimed in time: the mailbox's content is applied, what was over is not."""
    scene.with_number(timezone="Europe/Moscow")
    scene.keep_unlinked("msisdn")
    for count in range(MAILBOX + 4):
        fate = None if count < MAILBOX else UNCLAIMED
        _charge(scene, 5 + count // 30, fate=fate)
    scene.link(9, "msisdn", scene.person.msisdn or "", scene.plan.day_start - DAY)
    scene.balance(10, HIGH)


def _strangers(scene: Scene) -> bytes:
    return f"msisdn:{number_of(_RESERVED + scene.spare)}".encode()


def _charge(scene: Scene, hour: int, *, account: str | None = None, **more: Any) -> Event:  # noqa: ANN401  # the record's
    fields: dict[str, Any] = {"amount_minor": 10_00, "currency": "RUB", "kind": "fee", "units": 1, **more}
    name = f"c-{scene.spare}-{len(scene.events)}"
    account = account or scene.person.accounts[0]
    return scene.happens(hour, BILLING, records.ChargePosted, account_id=account, charge_id=name, **fields)


STORIES: Final[tuple[Callable[[Scene], None], ...]] = (
    is_used_before_it_is_linked,
    is_linked_for_a_part,
    changes_hands_at_noon,
    belongs_to_nobody,
    overflows_its_mailbox,
    is_claimed_after_an_overflow,
)
