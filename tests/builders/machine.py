"""A customer's state machine without the engine: events in, effects settled, timers fired in order."""

from collections.abc import Iterable
from typing import Any, Final

import msgspec

from agents.balance import rules as balance
from agents.care import rules as care
from agents.context import rules as context
from agents.customer.model import ActiveConfig, Cause, Customer, Moment
from agents.message import rules as message
from agents.message.model import Effect, Emit
from agents.nba import rules as nba
from agents.outage import rules as outage
from agents.outage.model import Outage
from agents.product import rules as product
from agents.profile import rules as profile
from agents.screenpop import rules as screenpop
from agents.touch import rules as touch
from agents.usage import rules as usage
from schemas.records import Context, Requested
from tests.builders.kept import customer_with

CAPABILITIES: Final = (
    profile.capability,
    balance.capability,
    usage.capability,
    product.capability,
    outage.capability,
    touch.capability,
    care.capability,
    message.capability,
    nba.capability,
    screenpop.capability,
)


class Machine:
    """One customer, whose sections are stored after every event as after a chunk of one."""

    IN_TIME: Final = False

    def __init__(self, config: ActiveConfig, customer_id: str = "c-1") -> None:
        self.config = config
        self.customer_id = customer_id
        self.stored: dict[str, bytes] = {}
        self.emitted: list[Emit] = []
        self.material = 0
        self._capabilities = [make() for make in CAPABILITIES]

    def apply(self, event: Any, now: int, *, is_silent: bool = False) -> None:
        """Fire what is due, then apply the event."""
        self.advance(now)
        customer = self._customer()
        moment = Moment(now, is_silent, Cause(event.event_id, event.source), 0, self.config)
        for capability in self._capabilities:
            handler = capability.handlers.get(type(event))
            if handler is not None:
                self._settle(customer, handler(customer, event, moment), moment)
        self._store(customer)

    def want(self, effect: Effect, now: int, cause: str = "wish") -> None:
        """Let a rule want something."""
        self.advance(now)
        customer = self._customer()
        self._settle(customer, [effect], Moment(now, self.IN_TIME, Cause(cause, "test"), 0, self.config))
        self._store(customer)

    def reach(self, broken: Outage, now: int) -> None:
        """Let an outage reach the customer, as a walk does."""
        self.advance(now)
        customer = self._customer()
        moment = Moment(now, self.IN_TIME, Cause(broken.cause_event_id, broken.cause_source), 0, self.config)
        self._settle(customer, outage.reach(customer, broken, moment), moment)
        self._store(customer)

    def advance(self, now: int) -> None:
        """Fire the timers that are due, by (due, name)."""
        while True:
            customer = self._customer()
            due = sorted((at, name) for name, at in customer.timers.items() if at <= now)
            if not due:
                return
            _, name = due[0]
            customer.clear_timer(name)
            moment = Moment(now, self.IN_TIME, Cause(f"timer:{name}", "hub"), 0, self.config)
            family, colon, _ = name.partition(":")
            for capability in self._capabilities:
                handler = capability.timers.get(family + colon)
                if handler is not None:
                    self._settle(customer, handler(customer, name, moment), moment)
            self._store(customer)

    def view(self, now: int) -> Context:
        """Return the customer's context."""
        moment = Moment(now, self.IN_TIME, Cause("view", "test"), 0, self.config)
        return context.view(self._customer(), moment, {}, 1, ())

    def section(self, name: str, kind: type[msgspec.Struct]) -> Any:
        """Return a stored section."""
        return self._customer().section(name, kind)

    def _customer(self) -> Customer:
        return customer_with(self.stored, self.customer_id)

    def _settle(self, customer: Customer, effects: Iterable[Effect], moment: Moment) -> None:
        for effect in effects:
            emits = [effect] if isinstance(effect, Emit) else message.arbitrate(customer, effect, moment)
            self.emitted += emits
            for emit in emits:
                if isinstance(emit.record, Requested):
                    for capability in self._capabilities:
                        if emit.record.purpose in capability.told:
                            capability.told[emit.record.purpose](customer, emit.record, moment)

    def _store(self, customer: Customer) -> None:
        self.material += customer.is_material
        for name, value in customer.encode_changed().items():
            if value is None:
                del self.stored[name]
            else:
                self.stored[name] = value
