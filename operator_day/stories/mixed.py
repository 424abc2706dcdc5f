"""Somebody who is in touch all day: whatever comes together by chance, every decision is the right one."""

from collections.abc import Callable
from typing import Final

from operator_day import shelf
from operator_day.asking import Asking
from operator_day.decisions import DecisionKey, Reported, Response
from operator_day.pen import CARE, PRODUCT
from operator_day.scene import Scene
from operator_day.talk import Talk
from schemas import records

_REASONS: Final = (
    shelf.CALLS_REASON,
    shelf.FAULT_REASON,
    shelf.MONEY_REASON,
    shelf.ROAMING_REASON.lower(),
    shelf.TARIFF_REASON.upper(),
    "Обращение",
    "SIM",
)
_WORDS: Final = ("Roaming in Turkey", "межгород дёшево", "GIGABYTES", "opening hours", "нет денег", "spam calls")
_CHANNELS: Final = ("app", "web", "chat", "phone", "ivr", "messenger")
_SPECS: Final = (shelf.MOBILE_INTERNET, "home-towns", "unlimited", "roaming-pack")
_TARIFFS: Final = (shelf.SUPER, "super-plus", "smart")
_BALANCES: Final = (250_00, 299_99, 300_00, 900_00)
"""Above every level."""
_OFFERED: Final = ("promised-payment", "unlimited", "ticket-status", "callback", "home-towns", "super-plus")
_FIRST, _LAST = 2, 20


class _Life:
    """Draws what happens. The customer asks in even hours; in odd ones facts and what channels report arrive."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.asking = Asking(scene)
        self.rng = scene.rng
        self.talk: Talk | None = None
        self.talks = 0
        self.tickets: list[str] = []
        self.products: dict[str, str] = {}

    def _chance(self, percent: int) -> bool:
        return self.rng.randrange(100) < percent

    def asks(self, hour: int) -> None:
        """Let something be asked; what is decided may be reported on in one of the odd hours that follow."""
        if self.talk is None and self._chance(50):
            key = self._begins(hour)
        elif self.talk is not None and self._chance(60):
            key = self.asking.says(hour, self.talk, self.rng.choice(_REASONS))
        elif self._chance(60):
            reason = self.rng.choice((None, *_REASONS)) if self.talk is not None else None
            key = self.asking.asks(hour, self.rng.choice(_CHANNELS), reason, self.talk)
        else:
            key = self.asking.searches(hour, self.rng.choice(_WORDS), self.rng.choice(("app", "web")))
        self._responds(key)
        if self.talk is not None and self._chance(30):
            self.talk.ends(hour)
            self.talk = None

    def _begins(self, hour: int) -> DecisionKey:
        self.talks += 1
        self.talk = Talk(self.scene, f"mixed-{self.talks}", self.rng.choice(("phone", "chat", "office")))
        key = self.asking.begins(hour, self.talk, self.rng.choice((None, *_REASONS)))
        if self._chance(50):  # the agent is quick
            key = self.asking.says(hour, self.talk, self.rng.choice(_REASONS))
        return key

    def _responds(self, key: DecisionKey) -> None:
        responses = []
        for action_id in self.rng.sample(_OFFERED, 2):
            delay = 2 * self.rng.randrange(3)
            responses.append(Response(action_id, "impression", hours=delay))
            if self._chance(40):
                outcome: Reported = "accepted" if self._chance(33) else "rejected"
                responses.append(Response(action_id, outcome, hours=delay + 2 * self.rng.randrange(2)))
        self.asking.responds(key, *responses)

    def changes(self, hour: int) -> None:
        """Let one thing be another now."""
        what: Callable[[int], None] = self.rng.choice(
            (self._calls, self._calls, self._pays, self._ticket, self._product, self._tariff, self._is_charged)
        )
        what(hour)

    def _calls(self, hour: int) -> None:
        self.asking.calls(hour, 4 * self.rng.randrange(1, 40), 100 * self.rng.randrange(200))

    def _pays(self, hour: int) -> None:
        self.scene.balance(hour, self.rng.choice(_BALANCES))

    def _is_charged(self, hour: int) -> None:
        for number in range(self.rng.randint(1, 7)):
            self.scene.billing(
                hour,
                records.ChargePosted,
                charge_id=f"m-{self.scene.spare}-{hour}-{number}",
                amount_minor=5_00,
                currency=shelf.CURRENCY,
                units=1,
                kind=self.rng.choice(("voice", "data", "fee")),
            )

    def _ticket(self, hour: int) -> None:
        if self.tickets:
            self.scene.happens(hour, CARE, records.TicketResolved, ticket_id=self.tickets.pop())
            return
        self.tickets.append(f"m-{self.scene.spare}-{hour}")
        opened = records.TicketOpened
        self.scene.happens(hour, CARE, opened, ticket_id=self.tickets[0], kind="quality", severity="normal")

    def _product(self, hour: int) -> None:
        spec_id = self.rng.choice(_SPECS)
        product_id = self.products.pop(spec_id, None)
        if product_id is not None:
            self.scene.happens(hour, PRODUCT, records.ProductTerminated, product_id=product_id)
            return
        self.products[spec_id] = f"m-{self.scene.spare}-{hour}"
        self._activate(hour, self.products[spec_id], spec_id, is_tariff=False)

    def _tariff(self, hour: int) -> None:
        self._activate(hour, f"mt-{self.scene.spare}", self.rng.choice(_TARIFFS), is_tariff=True)

    def _activate(self, hour: int, product_id: str, spec_id: str, *, is_tariff: bool) -> None:
        kind = records.ProductActivated
        self.scene.happens(
            hour, PRODUCT, kind, product_id=product_id, spec_id=spec_id, name=spec_id, is_tariff=is_tariff
        )


def is_in_touch_all_day(scene: Scene) -> None:
    """Questions of every kind, facts of every kind, and answers to some of what is offered."""
    life = _Life(scene)
    for hour in range(_FIRST, _LAST):
        if hour % 2:
            life.changes(hour)
        else:
            life.asks(hour)


STORIES: Final[tuple[Callable[[Scene], None], ...]] = (is_in_touch_all_day,)
