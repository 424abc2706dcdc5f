"""Small stories of one to three customers for the whole hub, as hypothesis draws them."""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import msgspec
from hypothesis import Phase, settings
from hypothesis import strategies as st

from schemas import records as r
from tests.builders.hub import CODEC, Post, Slice, configured, post

LAW: Final = settings(deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink])
"""Explaining a failure line by line would outlast a test's time."""

SECOND: Final = 1000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
START: Final = 1_750_000_000_000 - 1_750_000_000_000 % (24 * HOUR) + 12 * HOUR
"""Noon, UTC: the eve; what happens happens within the hour after it."""
ENDS: Final = START + 30 * HOUR

CRM, BILLING, USAGE, CONSENT = "crm.customer.v1", "billing.account.v1", "usage.record.v1", "consent.preference.v1"
TOPICS: Final[dict[type[msgspec.Struct], str]] = {
    r.BalanceChanged: BILLING, r.ChargePosted: BILLING, r.TopupSucceeded: BILLING, r.AutopayChanged: BILLING,
    r.PromisedPaymentOpened: BILLING, r.PromisedPaymentRepaid: BILLING, r.PromisedPaymentOverdue: BILLING,
    r.UsageRated: USAGE, r.ConsentGranted: CONSENT, r.ConsentRevoked: CONSENT, r.PreferenceSet: CONSENT,
    r.CustomerUpserted: CRM, r.IdentifierLinked: CRM, r.IdentifierUnlinked: CRM,
}  # fmt: skip
SHARED: Final = "msisdn:79160000099"
"""A number that changes hands: the first customer's, the second's, the first one's again."""


class Happening(NamedTuple):
    """Something that happens to a customer, before it has a time, an id and a place in a sequence."""

    who: int
    kind: type[Any]
    fields: dict[str, Any]
    under: str


class Told(NamedTuple):
    """It happened: the event, and the key under which its producer publishes it."""

    topic: str
    key: str
    event: Any

    def post(self, at: int) -> Post:
        """Publish it at a time."""
        return post(self.topic, self.key, self.event, at)


class Story(NamedTuple):
    """What happens, in the order in which it happens, and the configuration that it happens under."""

    people: int
    told: tuple[Told, ...]
    config: tuple[Any, ...]
    limit: int | None

    def eve(self) -> list[Slice]:
        """Return the configuration, and what makes everybody known but for their numbers."""
        known: list[Slice] = configured(START - 2 * HOUR, *self.config)
        eve = START - HOUR
        for who in range(self.people):
            name, key = customer(who), f"customer:{customer(who)}"
            profile = r.CustomerUpserted(f"p-{who}", "/crm", eve, name, "A", "ru")
            app = r.IdentifierLinked(f"q-{who}", "/crm", eve, name, "app", name, 0)
            known.append([post(CRM, key, profile, eve + 1), post(CRM, key, app, eve + 2)])
        return known

    def end(self) -> list[Slice]:
        """Return the morning after: what waited is decided, and a last word shows everybody as they are then."""
        morning: list[Slice] = [[Post("config.clock.v1", b"clock", CODEC.encode(r.ClockReached()), ENDS - HOUR)]]
        for who in range(self.people):
            name = customer(who)
            word = r.CustomerUpserted(f"z-{who}", "/crm", ENDS, name, "Z", "last")
            morning.append([post(CRM, f"customer:{name}", word, ENDS)])
        return morning

    def in_order(self) -> list[Slice]:
        """Return every event as it happens, a second after it did."""
        return [[told.post(told.event.occurred_at + SECOND)] for told in self.told]


def customer(who: int) -> str:
    """Return the id of a customer."""
    return f"C{who}"


def number(who: int) -> str:
    """Return the number of a customer, as an identifier."""
    return f"msisdn:7916000000{who}"


def _happens(kind: type[Any], /, **fields: st.SearchStrategy[Any] | Any) -> st.SearchStrategy[Happening]:
    drawn = {name: each if isinstance(each, st.SearchStrategy) else st.just(each) for name, each in fields.items()}
    who, under = st.integers(0, 2), st.sampled_from(["customer", "number", "number", "shared"])
    return st.builds(Happening, who, st.just(kind), st.fixed_dictionaries(drawn), under)


RUB: Final[dict[str, Any]] = {"currency": "RUB"}
ACCOUNT: Final = {"account_id": st.sampled_from(["a", "a", "b"])}
PROMISE: Final = ACCOUNT | {"promise_id": st.sampled_from(["p", "q"])}
CHANNEL: Final = {"message_class": "service", "channel": st.sampled_from(["sms", "push"])}
QUIET: Final = st.sampled_from([(None, None), (0, 0), (12 * 60 + 20, 12 * 60 + 40), (12 * 60, 23 * 60)])
MONEY: Final = st.one_of(
    _happens(r.BalanceChanged, balance_minor=st.sampled_from([40, 80, 95, 110, 130, 500]), **ACCOUNT, **RUB),
    _happens(r.BalanceChanged, balance_minor=st.sampled_from([40, 80, 500]), **ACCOUNT, **RUB),
    _happens(r.TopupSucceeded, topup_id="t", amount_minor=st.sampled_from([10, 300]), **ACCOUNT, **RUB),
)
OTHERS: Final = st.one_of(
    _happens(r.ChargePosted, amount_minor=st.integers(0, 50), kind="fee", units=1, **ACCOUNT, **RUB),
    _happens(r.AutopayChanged, is_enabled=st.booleans(), **ACCOUNT),
    _happens(r.PromisedPaymentOpened, amount_minor=50, due_at=START + 40 * MINUTE, **PROMISE, **RUB),
    _happens(r.PromisedPaymentRepaid, **PROMISE),
    _happens(r.PromisedPaymentOverdue, **PROMISE),
    _happens(r.ConsentGranted, **CHANNEL),
    _happens(r.ConsentRevoked, **CHANNEL),
    _happens(r.CustomerUpserted, first_name=st.sampled_from([None, "B", "C"]), language="de",
             timezone=st.sampled_from([None, "Europe/Moscow", "Asia/Tokyo"])),
    _happens(r.IdentifierUnlinked, scheme="app"),
)  # fmt: skip
USED: Final = _happens(
    r.UsageRated, kind=st.sampled_from(["sms", "data"]), units=st.integers(1, 9), cost_minor=1, **RUB
)
PREFERS: Final = st.builds(
    lambda happening, quiet: happening._replace(
        fields=happening.fields | {"quiet_from_minute": quiet[0], "quiet_to_minute": quiet[1]}
    ),
    _happens(r.PreferenceSet, preferred_channel=st.sampled_from([None, "sms", "push"])),
    QUIET,
)
FALL: Final = st.builds(
    lambda low, high: [high._replace(who=low.who, fields=low.fields | {"balance_minor": 500}), low],
    _happens(r.BalanceChanged, balance_minor=st.sampled_from([40, 80, 95]), **ACCOUNT, **RUB),
    _happens(r.BalanceChanged),
)
ANYTHING: Final = st.one_of(MONEY, OTHERS, USED, PREFERS)
HAPPENINGS: Final = st.lists(ANYTHING.map(lambda one: [one]) | FALL | FALL, min_size=6, max_size=12).map(
    lambda drawn: [happening for few in drawn for happening in few]
)

FALLS: Final = st.lists(FALL, min_size=5, max_size=9).map(lambda drawn: [each for few in drawn for each in few])
"""Enough of them that somebody reaches a cap."""


@st.composite
def stories(draw: st.DrawFn, happens: st.SearchStrategy[list[Happening]] = HAPPENINGS, most: int = 3) -> Story:
    """Draw a story of at most so many customers; every number is linked at some time, often later than it is used."""
    people = draw(st.integers(1, most))
    happenings = draw(happens)
    links = [Happening(who, r.IdentifierLinked, {"scheme": "msisdn"}, "customer") for who in range(people)]
    links += [Happening(part, r.IdentifierLinked, {"scheme": "shared"}, "customer") for part in range(3)]
    for link in links:
        happenings.insert(draw(st.integers(0, len(happenings))), link)
    limit = draw(st.sampled_from([None, 1, 2]))
    config = (
        r.BalanceLevels(
            "c", 1, (r.Level("low", 100, "RUB"), r.Level("lower", 50, "RUB")), 300, draw(st.sampled_from([0, 900])),
            12 * 3600, 120,
        ),
        r.ContactPolicy(
            "c", 1, "UTC", (r.ChannelOrder("service", ("push", "sms")),),
            (r.QuietHours("service", 12 * 60 + 25, draw(st.sampled_from([12 * 60 + 26, 13 * 60, 20 * 60]))),),
            (r.Cap(86_400, "service", None, limit),),
        ),
        r.Templates("c", 1, (r.Template("balance.low", "t", "service", 1, ("account_id", "level_id")),)),
    )  # fmt: skip
    return Story(people, told(happenings, people), config, limit)


def told(happenings: Sequence[Happening], people: int) -> tuple[Told, ...]:
    """Give everything a time, an id, and its place among balances and usage."""
    last = len(happenings) - 1
    sequences: dict[str, int] = {}
    parts = (START, START + 2 * MINUTE * (last // 3), START + 4 * MINUTE * (last // 3), None)
    result = []
    for place, happening in enumerate(happenings):
        at, who = START + place * 2 * MINUTE, happening.who % people
        fields: dict[str, Any] = {"event_id": f"e-{place}", "source": "/up", "occurred_at": at, **happening.fields}
        key = {"customer": f"customer:{customer(who)}", "number": number(who), "shared": SHARED}[happening.under]
        kind = happening.kind
        if "account_id" in fields:
            fields["account_id"] += key[-2:]
        if kind is r.BalanceChanged:
            fields["balance_version"] = place
        elif kind is r.ChargePosted:
            fields["charge_id"] = f"c-{place}"
        elif kind is r.UsageRated:
            fields["sequence"] = sequences[key] = sequences.get(key, 0) + 1
        elif TOPICS[kind] == CRM:
            key = f"customer:{customer(who)}"
            fields["customer_id"] = customer(who)
            if kind is r.IdentifierUnlinked:
                fields |= {"value": customer(who), "valid_to": at}
            elif fields.get("scheme") == "msisdn":
                fields |= {"value": number(who).partition(":")[2], "valid_from": 0}
            elif fields.get("scheme") == "shared":
                owner = customer(happening.who % 2 % people)
                key = f"customer:{owner}"
                fields |= {"scheme": "msisdn", "value": SHARED.partition(":")[2], "customer_id": owner}
                fields |= {"valid_from": parts[happening.who], "valid_to": parts[happening.who + 1]}
        result.append(Told(TOPICS[kind], key, kind(**fields)))
    return tuple(result)
