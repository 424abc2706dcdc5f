"""Plays a call: somebody asks where their money went, the agent types why they call, and the hub says what to offer.

    python examples/conversation.py                    # on a broker and a worker of its own
    python examples/conversation.py --broker kafka     # on a local Apache Kafka (needs Java 17 and Maven)

The script is an upstream system and an agent's desk at once: it publishes what contact centre, CRM, billing and
mediation publish, under the public contracts, and shows what arrives on contact.screenpop.v1, nba.decision.v1 and
nba.trace.v1, with the milliseconds that the hub took.
"""

import argparse
import asyncio
import secrets
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Self, TypeVar

import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition
from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from hub.composition import boxes
from hub.connection import Writer, writer
from hub.demo.broker import Broker, broker
from hub.demo.workers import Worker, await_open
from hub.refusal import CommandRefused
from schemas import load as contracts
from schemas import records, wire
from streams.brokers import BrokerUnavailable
from streams.core.errors import StartRefused
from streams.kafka.provisioning import apply_topics
from streams.logs import configure
from streams.settings import Settings, SettingsRefused, environment_of, load

PARTITIONS = 4
CUSTOMER, NUMBER, CALL, AGENT = "C-1001", "79161234567", "call-1", "agent-17"
CONFIG_TOPICS = {
    records.Offers: ("offers", "config.offers.v1"),
    records.Propensities: ("propensities", "config.propensities.v1"),
}
PEOPLE_KEY = f"customer:{CUSTOMER}".encode()
DESK = ("contact.screenpop.v1", "nba.decision.v1", "nba.trace.v1", "customer.context.v1")
PATIENCE_SECONDS = 30.0
IS_TARIFF = True

R = TypeVar("R", bound=msgspec.Struct)


def offer(action_id: str, title: str, **how: Any) -> records.Offer:  # noqa: ANN401  # any field of Offer
    """Describe an action; what is left out has the meaning of *no condition*."""
    general: dict[str, Any] = {
        "group": action_id,
        "kind": "sales",
        "product_spec_id": action_id,
        "channels": (),
        "tariffs": (),
        "required_spec_ids": (),
        "excluded_spec_ids": (),
        "min_balance_minor": None,
        "reasons": (),
        "context_percent": 400,
        "is_only_in_context": False,
        "value_minor": 0,
        "service_value": 0,
        "lever_percent": 100,
        "price_minor": 0,
        "currency": "RUB",
        "usage_kind": "UNKNOWN",
        "unit_size": 1,
        "unit_price_minor": None,
        "min_saving_minor": None,
        "cooldown_seconds": 30 * 24 * 3600,
    }
    return records.Offer(action_id=action_id, title=title, **general | how)


def offers() -> records.Offers:
    """Give what the operator of this story offers."""
    return records.Offers(
        config_id="call",
        version=1,
        offers=(
            offer(
                "home-towns",
                "Родные города",
                reasons=("Пополнение счёта", "Междугородняя связь"),
                value_minor=90_00,
                price_minor=105_00,
                usage_kind="voice",
                unit_size=60,
                unit_price_minor=2_50,
            ),
            offer("balance-control", "Баланс под контролем", reasons=("Пополнение счёта",), value_minor=60_00),
            offer("auto-topup", "Автоплатёж", kind="service", service_value=80_00, reasons=("Пополнение счёта",)),
            offer("roaming-pack", "Поехали за границу", reasons=("Роуминг",), value_minor=150_00, price_minor=300_00),
            offer("roaming-advice", "Как не переплатить в роуминге", kind="service", service_value=70_00,
                  reasons=("Роуминг",), product_spec_id=None),
            offer("home-internet", "Домашний интернет", value_minor=200_00, price_minor=450_00),
        ),
        max_actions=3,
        max_per_group=1,
        expires_seconds=4 * 3600,
        response_seconds=72 * 3600,
        repeat_seconds=7 * 24 * 3600,
        intent_seconds=24 * 3600,
        scorer_wait_millis=0,
        control_group_percent=0,
    )  # fmt: skip


def propensities() -> records.Propensities:
    """Give how likely customers of this story take an action."""
    known = {
        "home-towns": 300_000,
        "balance-control": 250_000,
        "auto-topup": 180_000,
        "roaming-pack": 120_000,
        "roaming-advice": 200_000,
    }
    return records.Propensities(
        config_id="call",
        version=1,
        model="the example's own",
        priors=(records.GroupPrior("home-internet", 20_000),),
        propensities=tuple(records.Propensity(action, None, likely) for action, likely in known.items()),
    )


class Desk:
    """An agent's desk: follows the hub's answers about one customer, in the order in which they are committed."""

    def __init__(self, settings: Settings, console: Console) -> None:
        self._prefix, self._console = settings.topic_prefix, console
        self._arrived: list[msgspec.Struct] = []
        self._titles = {each.action_id: each.title for each in offers().offers}
        self._consumer: Any = AIOKafkaConsumer(
            bootstrap_servers=settings.broker,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            isolation_level="read_committed" if settings.transactions else "read_uncommitted",
            fetch_max_wait_ms=10,
        )

    async def __aenter__(self) -> Self:
        await self._consumer.start()
        self._consumer.assign([TopicPartition(self._prefix + topic, k) for topic in DESK for k in range(PARTITIONS)])
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._consumer.stop()

    async def until(self, kind: type[R], *, where: Callable[[R], bool] = lambda _: True) -> R:
        """Return the next record of a kind for which `where` holds.

        Raises:
            CommandRefused: it does not come.
        """
        limit = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < limit:
            for record in self._arrived:
                if isinstance(record, kind) and where(record):
                    self._arrived.remove(record)
                    return record
            for chunk in (await self._consumer.getmany(timeout_ms=20)).values():
                self._arrived += [wire.decode(each.value) for each in chunk]
        raise CommandRefused(f"no {kind.__name__} came within {PATIENCE_SECONDS:.0f} s.")

    def show(self, title: str, record: msgspec.Struct, seconds: float) -> None:
        """Draw what arrived."""
        self._console.print(
            Panel(self._drawn(record), title=title, title_align="left", subtitle=f"{seconds * 1000:.0f} ms")
        )

    def _drawn(self, record: msgspec.Struct) -> RenderableType:
        match record:
            case records.ScreenPop():
                return self._screen(record)
            case records.Decided():
                return Group(Text(f"gate: {record.gate or 'open'}"), _ranking(record.actions))
            case records.Traced():
                return self._trace(record)
        return type(record).__name__

    @staticmethod
    def _screen(pop: records.ScreenPop) -> Group:
        lines = [
            Text(f"{pop.first_name}  ·  tariff {pop.tariff}  ·  balance {_money(pop.balance_minor)}", style="bold"),
            Text(f"speak first of: {pop.first}", style="yellow"),
        ]
        if pop.charge is not None:
            charge, (hours, minutes) = pop.charge, divmod(pop.charge.units // 60, 60)
            lines.append(Text(f"last charge: {_money(charge.amount_minor)} for {charge.kind}, {hours} h {minutes} min"))
        lines += [Text(f"earlier: {each.channel}, {each.reason_code}, {each.outcome}") for each in pop.contacts]
        lines.append(Text(f"gate: {pop.gate or 'open'};  is back for the same reason: {pop.is_repeat}"))
        return Group(*lines, _ranking(pop.actions))

    def _trace(self, trace: records.Traced) -> Table:
        table = Table(box=None, pad_edge=False)
        for column in ("candidate", "came to", "because of"):
            table.add_column(column)
        for each in trace.candidates:
            table.add_row(self._titles[each.action_id], each.stage, each.why or "")
        return table


def _ranking(actions: tuple[records.RankedAction, ...]) -> Table:
    table = Table(box=None, pad_edge=False)
    for column in ("", "action", "likely", "why, in the customer's own numbers"):
        table.add_column(column)
    for each in actions:
        table.add_row(str(each.rank), each.title, f"{each.propensity_ppm / 10_000:.0f} %", _why(each.rationale))
    return table


def _why(rationale: records.Rationale | None) -> str:
    if rationale is None:
        return ""
    now, then = _money(rationale.current_cost_minor), _money(rationale.cost_with_offer_minor)
    return f"30 days cost {now}, with it {then}: {_money(rationale.saving_minor)} saved"


def _money(minor: int | None) -> str:
    return "unknown" if minor is None else f"{minor / 100:.2f} ₽"


class Upstream:
    """The systems that publish: each record gets an id, a source and the present as its time."""

    def __init__(self, target: Writer) -> None:
        self._target, self._count = target, 0

    async def tell(self, topic: str, kind: type[msgspec.Struct], *values: Any) -> None:  # noqa: ANN401  # any field of a record
        """Publish a record about the customer."""
        self._count += 1
        now = int(time.time() * 1000)
        record = kind(f"call-{self._count}", "/examples/conversation", now, *values)
        await self._target.write(topic, PEOPLE_KEY, wire.encode(record), ())

    async def configure(self, config: records.Offers | records.Propensities) -> None:
        """Publish a version and put it in force."""
        kind, topic = CONFIG_TOPICS[type(config)]
        await self._target.write(topic, f"{config.config_id}@{config.version}".encode(), wire.encode(config), ())
        activation = records.ConfigActivated(kind, config.config_id, config.version)
        await self._target.write("config.activation.v1", kind.encode(), wire.encode(activation), ())


async def prepare(upstream: Upstream) -> None:
    """Let the hub know the customer: a long call between towns has eaten the balance."""
    await upstream.configure(offers())
    await upstream.configure(propensities())
    now = int(time.time() * 1000)
    crm, billing = "crm.customer.v1", "billing.account.v1"
    await upstream.tell(crm, records.CustomerUpserted, CUSTOMER, "Анна", "ru", "Europe/Moscow")
    await upstream.tell(crm, records.IdentifierLinked, CUSTOMER, "msisdn", NUMBER, now - 10_000)
    await upstream.tell(
        "product.lifecycle.v1", records.ProductActivated, "p-1", "super", "Супер", IS_TARIFF, 450_00, "RUB"
    )
    await upstream.tell("usage.record.v1", records.UsageRated, 1, "voice", 168 * 60, 840_00, "RUB")
    await upstream.tell(billing, records.ChargePosted, "A-1", "c-1", 840_00, "RUB", "voice", 168 * 60, None)
    await upstream.tell(billing, records.BalanceChanged, "A-1", 12_00, "RUB", 1)


async def call(upstream: Upstream, desk: Desk, console: Console) -> None:
    """Play the call."""
    contact = "contact.interaction.v1"
    _say(console, "customer", "«Куда делись мои деньги?»  The phone rings at the agent's desk.")
    began = time.monotonic()
    await upstream.tell(contact, records.InteractionStarted, CALL, "phone", "inbound")
    desk.show("screen-pop", await desk.until(records.ScreenPop), time.monotonic() - began)
    await upstream.tell(contact, records.AgentJoined, CALL, AGENT)

    decision = await _type(upstream, desk, console, "Пополнение счёта")
    best = decision.actions[0]
    _say(console, "agent", f"offers «{best.title}»; the customer takes it.")
    for outcome in ("impression", "accepted"):
        report = (decision.decision_id, best.action_id, "phone", outcome)
        await upstream.tell("nba.feedback.v1", records.OutcomeReported, *report)
        await desk.until(records.OutcomeAttributed, where=_says(outcome))

    await _type(upstream, desk, console, "Роуминг")
    _say(console, "agent", "The call ends. What was offered and taken before is not offered again.")
    await upstream.tell(contact, records.InteractionEnded, CALL, "completed")
    await upstream.tell(contact, records.WrapupSet, CALL, "Роуминг", "resolved")


async def _type(upstream: Upstream, desk: Desk, console: Console, reason: str) -> records.Decided:
    _say(console, "agent", f"types «{reason}».")
    began = time.monotonic()
    await upstream.tell("contact.interaction.v1", records.ReasonSet, CALL, reason, AGENT)
    decision = await desk.until(records.Decided, where=lambda each: each.reason_code == reason)
    desk.show("next best actions", decision, time.monotonic() - began)
    trace = await desk.until(records.Traced, where=lambda each: each.decision_id == decision.decision_id)
    desk.show("every candidate", trace, time.monotonic() - began)
    return decision


def _says(outcome: str) -> Callable[[records.OutcomeAttributed], bool]:
    return lambda each: each.outcome == outcome


def _say(console: Console, who: str, what: str) -> None:
    console.print(f"\n[bold]{who}[/bold]  {what}")


@asynccontextmanager
async def running(place: Broker, directory: Path) -> AsyncIterator[Settings]:
    """Have topics of our own and a worker on them."""
    prefix = f"conversation-{secrets.token_hex(3)}."
    settings = load(
        broker=place.address, topic_prefix=prefix, partitions=PARTITIONS, transactions=place.has_transactions
    )
    catalogue = contracts()
    await apply_topics(settings, catalogue, boxes(catalogue))
    environment = environment_of(settings) | {"HUB_PSEUDONYM_KEY": "a key for the length of a conversation"}
    worker = Worker("the worker", environment, directory / "worker.log")
    worker.start()
    try:
        await await_open([worker], {box.name: box.tasks(PARTITIONS) for box in boxes(catalogue)})
        yield settings
    finally:
        await worker.stop()


async def play(wanted: str, console: Console) -> None:
    """Play the call on a broker of its own."""
    with broker(wanted) as place, tempfile.TemporaryDirectory(prefix="hub-conversation-") as directory:
        console.print("a broker and a worker start ...", style="dim")
        async with (
            running(place, Path(directory)) as settings,
            writer(settings) as target,
            Desk(settings, console) as desk,
        ):
            upstream = Upstream(target)
            await prepare(upstream)
            # Topics are read independently: the call begins once the customer's record says all of it.
            await desk.until(records.Context, where=lambda each: bool(each.tariff and each.accounts and each.usage))
            await call(upstream, desk, console)


def main() -> int:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--broker", default="embedded", help="embedded, kafka or host:port")
    given = parser.parse_args()
    configure("error", "console")
    console = Console()
    try:
        asyncio.run(play(given.broker, console))
    except (BrokerUnavailable, CommandRefused, SettingsRefused, StartRefused) as refusal:
        print(f"conversation: {refusal}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
