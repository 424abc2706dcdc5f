"""The stage for one customer's story: what happens to them at which hour, and what the hub must make of it.

Steps that depend on each other over different topics stand in different hours, since nothing may depend on the
order of a slice's topics. Steps on one topic under one key keep their order within an hour.
"""

from collections import defaultdict
from dataclasses import replace
from random import Random
from typing import Any, Final

from operator_day import config
from operator_day.city import Person, number_of
from operator_day.events import Event, Fate
from operator_day.ledger import Answer, Contactable, ExpectedMessage, MessageKey, MessageKind
from operator_day.pen import BILLING, CONSENT, CRM, USAGE, Pen
from operator_day.plan import DayPlan
from operator_day.zones import HOUR, MINUTE, SECOND, Millis, is_within, local_minute
from schemas import records

_CHANNELS: Final = ("sms", "push", "email")


class Scene:
    """One customer's day. Hours count from the day's start in UTC; -1 is the eve, when everybody is made known."""

    def __init__(self, name: str, person: Person, plan: DayPlan, pen: Pen, spare: int) -> None:
        self.name = name
        self.person = person
        self.plan = plan
        self.pen = pen
        self.spare = spare
        self.events: list[Event] = []
        self.rng = Random(f"scene/{plan.seed}/{name}/{spare}")
        self._minutes: defaultdict[int, int] = defaultdict(lambda: 3 + self.rng.randrange(20))
        self._versions: dict[str, int] = {}
        self._sequence = 0
        self._unlinked: frozenset[str] = frozenset()

    # ---- who it is about

    def cast(self, **traits: Any) -> None:  # noqa: ANN401  # any field of Person
        """Give the customer the traits that the story needs."""
        self.person = replace(self.person, **traits)

    def with_number(self, **traits: Any) -> None:  # noqa: ANN401  # any field of Person
        """Make it a customer who is known by a number and reached by SMS alone."""
        self.cast(
            msisdn=self.person.msisdn or number_of(1_000_000 + self.spare),
            app=None,
            email=None,
            subject="msisdn",
            **traits,
        )

    def keep_unlinked(self, *schemes: str) -> None:
        """Leave these identifiers for the story to link."""
        self._unlinked = frozenset(schemes)

    def daytime(self, hours: int, *, first: int = 1, end: int = 24) -> int:
        """Give the first hour from which `hours` hours are day for the customer; they move to Moscow if need be."""
        for _ in range(2):
            for start in range(first, end - hours + 1):
                if all(self._is_day(start + step) for step in range(hours)):
                    return start
            self.cast(timezone=config.DEFAULT_TIMEZONE)
        raise ValueError(f"no {hours} hours of day in the story {self.name}")

    def _is_day(self, hour: int) -> bool:
        minute = local_minute(self.plan.hour(hour), self.zone)
        return not is_within(minute, config.QUIET_FIRST, config.QUIET_END)

    @property
    def zone(self) -> str:
        """The zone that counts for the customer."""
        return self.person.timezone or config.DEFAULT_TIMEZONE

    def time(self, hour: int) -> Millis:
        """Give the next moment of `hour`; later than every earlier one of the same hour, well before its end."""
        self._minutes[hour] += 1
        if self._minutes[hour] > 57:  # noqa: PLR2004  # minutes; the rest of the hour is the slice's tail
            raise ValueError(f"too much happens in one hour of {self.name}")
        return self.plan.hour(hour) + self._minutes[hour] * MINUTE + self.rng.randrange(20) * SECOND

    # ---- what happens

    def happens(self, hour: int, topic: str, kind: type[Any], /, *, early: Millis = SECOND, **fields: Any) -> Event:  # noqa: ANN401 - a record's
        """Let a record of `kind` arrive in `hour`; it occurred `early` before. It is applied to the customer."""
        options = {name: fields.pop(name) for name in ("fate", "key", "as_json", "headers") if name in fields}
        headers = options.pop("headers", ())
        at = self.time(hour)
        record = self.pen.record(kind, topic, at - early, **fields)
        event = self.pen.write(topic, self.person, record, at, story=self.name, **options)
        if headers:
            event = event._replace(headers=(*event.headers, *headers))
        self.events.append(event)
        self._last = record
        return event

    def balance(self, hour: int, minor: int, *, account: int = 0, version: int | None = None, **more: Any) -> str:  # noqa: ANN401 - a record's
        """Let the account's balance become `minor`; returns the event's id."""
        name = self.person.accounts[account]
        if version is None:
            version = self._versions.get(name, 0) + 1
        self._versions[name] = max(version, self._versions.get(name, 0))
        self.happens(
            hour,
            BILLING,
            records.BalanceChanged,
            account_id=name,
            balance_minor=minor,
            currency=config.CURRENCY,
            balance_version=version,
            **more,
        )
        return self.cause()

    def topup(self, hour: int, minor: int) -> str:
        """Let the account be topped up; the new balance is an event of its own."""
        self.billing(hour, records.TopupSucceeded, topup_id=f"t-{self.spare}", amount_minor=minor, currency="RUB")
        return self.cause()

    def billing(self, hour: int, kind: type[Any], /, **fields: Any) -> Event:  # noqa: ANN401  # the record's
        """Let something happen to the first account."""
        return self.happens(hour, BILLING, kind, account_id=self.person.accounts[0], **fields)

    def usage(self, hour: int, *, sequence: int | None = None, **more: Any) -> Event:  # noqa: ANN401  # the record's
        """Let a call be rated; sequences count on by themselves."""
        if sequence is None:
            self._sequence += 1
            sequence = self._sequence
        fields: dict[str, Any] = {"kind": "voice", "units": 60 + sequence, "cost_minor": 150, "currency": "RUB"} | more
        return self.happens(hour, USAGE, records.UsageRated, sequence=sequence, **fields)

    def revoke(self, hour: int, *channels: str, message_class: str = "service") -> str:
        """Let the customer revoke consent on `channels`, all by default; returns the last event's id."""
        for channel in channels or _CHANNELS:
            self.happens(hour, CONSENT, records.ConsentRevoked, message_class=message_class, channel=channel)
        return self.cause()

    def link(self, hour: int, scheme: str, value: str, valid_from: Millis, **more: Any) -> Event:  # noqa: ANN401  # the record's
        """Link an identifier to the customer."""
        fields: dict[str, Any] = {
            "customer_id": self.person.customer_id,
            "scheme": scheme,
            "value": value,
            "valid_from": valid_from,
        }
        return self.happens(hour, CRM, records.IdentifierLinked, **fields, **more)

    def repeat(self, event: Event, hour: int, *, key: bytes | None = None) -> None:
        """Send `event` once more, under another key if one is given: a duplicate."""
        fate = Fate(event.fate.customer, is_duplicate=True)
        key = event.key if key is None else key
        self.events.append(event._replace(timestamp=self.time(hour), fate=fate, key=key))

    def cause(self) -> str:
        """Give the id of the last event."""
        return str(self._last.event_id)

    def last(self) -> Any:  # noqa: ANN401  # any record of the contracts
        """Give the last record."""
        return self._last

    # ---- what must come of it

    def message(self, cause: str, *, answer: Answer = "delivered", channels: frozenset[str] | None = None) -> None:
        """The hub must ask for one message on account of `cause`."""
        self._expect("requested", cause, None, answer, channels)

    def suppressed(self, cause: str, reason: str) -> None:
        """The hub must say that it held a message back, and why."""
        self._expect("suppressed", cause, reason)

    def cancelled(self, cause: str) -> None:
        """The hub must take a message back on account of `cause`."""
        self._expect("cancelled", cause, None)

    def _expect(
        self,
        kind: MessageKind,
        cause: str,
        reason: str | None,
        answer: Answer = "delivered",
        channels: frozenset[str] | None = None,
    ) -> None:
        key = MessageKey(kind, self.person.customer_id, config.PURPOSE, cause)
        self.pen.ledger.expect(key, ExpectedMessage(reason, channels, answer, self.name))

    # ---- the eve

    def introduce(self) -> list[Event]:
        """Write what makes the customer known, and enter when they may be disturbed."""
        return introduction(self.person, self.plan, self.pen, self.rng, unlinked=self._unlinked, story=self.name)


def introduction(
    person: Person,
    plan: DayPlan,
    pen: Pen,
    rng: Random,
    *,
    unlinked: frozenset[str] = frozenset(),
    story: str = "background",
) -> list[Event]:
    """Write the eve of one customer: their profile and their identifiers, in this order under one key."""
    at = plan.hour(-1) + 2 * MINUTE + rng.randrange(50 * 60) * SECOND
    who = {"customer_id": person.customer_id}
    profile = pen.record(
        records.CustomerUpserted,
        CRM,
        at - SECOND,
        first_name=person.first_name,
        language=person.language,
        timezone=person.timezone,
        **who,
    )
    events = [pen.write(CRM, person, profile, at, story=story)]
    since = plan.day_start - 400 * 24 * HOUR
    for scheme, value in person.identifiers():
        if scheme not in unlinked:
            at += SECOND
            fields = {"scheme": scheme, "value": value, "valid_from": since, **who}
            link = pen.record(records.IdentifierLinked, CRM, at - SECOND, **fields)
            events.append(pen.write(CRM, person, link, at, story=story))
    zone = person.timezone or config.DEFAULT_TIMEZONE
    pen.ledger.contactable.setdefault(person.customer_id, Contactable(zone, config.QUIET_FIRST, config.QUIET_END))
    pen.ledger.stories[person.customer_id] = story
    return events
