"""Lives one simulated day through: publishes it slice by slice, waits, watches, and reconciles."""

import asyncio
import time
from collections.abc import Awaitable, Callable

from operator_day import config, shelf
from operator_day.desk import Desk
from operator_day.events import Event
from operator_day.gateway import Gateway
from operator_day.ledger import Ledger
from operator_day.observer import CONTEXT, DECISION
from operator_day.pen import Pen, clock
from operator_day.plan import DayPlan
from operator_day.progress import Progress, SeenSoFar
from operator_day.reconcile import reconcile
from operator_day.report import Report
from operator_day.script import Script
from operator_day.stage import KafkaStage, Stage
from operator_day.zones import DAY, HOUR, MINUTE, SECOND, Millis

Watch = Callable[[Progress], None]
Midway = Callable[[], Awaitable[None]]

_LAST_LOOK = MINUTE
_LAST_JUMP = 31 * DAY
_WATCH_SECONDS = 0.25


async def run_day(
    plan: DayPlan,
    broker: str,
    prefix: str,
    group_id: str,
    on_progress: Watch | None = None,
    *,
    midway: Midway | None = None,
    has_transactions: bool = True,
) -> Report:
    """Let the city of `plan` live its day against a running hub, and reconcile what came of it.

    The hub must run on the log's clock (`HUB_CLOCK=log`) on topics that are empty and keep everything.

    Args:
        plan: whose day, from which seed.
        broker: `host:port`, several separated by commas.
        prefix: stands before every topic's name on the broker.
        group_id: the hub's consumer group.
        on_progress: called a few times a second with how far it has come; must be quick.
        midway: awaited once, beside the day, as noon's slice is published and before it is through: the place to
            kill a worker. It may outlast the slice.
        has_transactions: whether the broker has them.

    Raises:
        StandsStill: the hub does not get on.
        TopicMissing: a topic of the contracts is not there.
        aiokafka.errors.KafkaError: the broker cannot be reached or refuses a batch.
    """
    ledger = Ledger()
    stage = KafkaStage(
        broker,
        prefix,
        group_id,
        ledger,
        has_transactions=has_transactions,
        limit_seconds=plan.through_seconds,
    )
    async with stage:
        seconds = await live(plan, ledger, stage, on_progress, midway=midway)
    return reconcile(ledger, stage.observed, has_transactions=has_transactions, seconds=seconds)


async def live(
    plan: DayPlan,
    ledger: Ledger,
    stage: Stage,
    on_progress: Watch | None = None,
    *,
    midway: Midway | None = None,
    script: Script | None = None,
) -> float:
    """Play the day of `plan` on `stage`, whose ledger `ledger` is; returns how many seconds it took.

    `script` says what is played: everything there is, unless given.
    """
    run = _Run(plan, script or Script(plan, ledger), stage)
    tell = on_progress or _nobody
    watching = asyncio.create_task(run.watch(tell), name="operator-day-progress")
    try:
        await run.live(midway)
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
    tell(run.progress())
    return run.seconds()


def _nobody(_: Progress) -> None:
    """Watch nothing."""


class _Run:
    """One run of the day: the steps in order, and how far they are."""

    def __init__(self, plan: DayPlan, script: Script, stage: Stage) -> None:
        self._plan = plan
        self._script = script
        self._stage = stage
        self._gateway = Gateway(
            Pen("d", plan.seed, script.ledger, script.book, plan.json_percent),
        )
        self._desk = Desk(Pen("f", plan.seed, script.ledger, script.book, plan.json_percent))
        self._started = time.monotonic()
        self._ended: float | None = None
        self._now = plan.hour(-1)
        self._worked_off = 0
        self._waiting_since: float | None = None
        self._slices_done = 0
        self._seen = SeenSoFar(stage.observed)
        self._per_hour = HOUR // SECOND // plan.slice_seconds
        self._midway: asyncio.Future[None] | None = None

    async def live(self, midway: Midway | None) -> None:
        """Live the day to its end, and the clock's last jumps after it."""
        plan = self._plan
        await self._configure(config.first(self._now))
        await self._configure(config.activations(self._now))
        ahead = self._script.events(-1)
        for hour in range(-1, plan.hours):
            if hour == config.NOON:
                await self._configure(config.activations(plan.hour(hour), ("levels",), 2))
            if hour == shelf.CONTROL_HOUR:
                await self._configure(config.activations(plan.hour(hour), ("offers",), 2))
            events, ahead = ahead, []
            for number in range(self._per_hour):
                start = plan.hour(hour) + number * plan.slice_seconds * SECOND
                end = start + plan.slice_seconds * SECOND
                part = [event for event in events if start <= event.timestamp < end]
                part += self._gateway.answers(self._stage.observed.messages, start)
                part += self._desk.answers(self._stage.observed.kept(DECISION), start)
                await self._send(part)
                if midway is not None and hour == config.NOON and number == 0:
                    self._midway = asyncio.ensure_future(midway())
                if number == self._per_hour - 1 and hour + 1 < plan.hours:
                    # Written while the hub works: the next hour is ready when this one is through.
                    ahead = self._script.events(hour + 1)
                await self._through()
                await self._tick(end)
                self._slices_done += 1
        if self._midway is not None:
            await self._midway
        await self._tick(plan.day_end + _LAST_LOOK)
        self._stage.observed.end_day()
        await self._tick(plan.day_end + _LAST_JUMP)
        self._ended = time.monotonic()

    async def _configure(self, events: list[Event]) -> None:
        await self._send(events)
        await self._through()

    async def _tick(self, at: Millis) -> None:
        await self._send([clock(at)])
        await self._through()
        self._now = at

    async def _send(self, events: list[Event]) -> None:
        self._waiting_since = self._waiting_since or time.monotonic()
        events.sort(key=_arrival)
        await self._stage.publish(events)

    async def _through(self) -> None:
        await self._stage.through()
        self._waiting_since = None
        self._worked_off = self._script.ledger.events()

    def seconds(self) -> float:
        """Give how long the run took or has been taking."""
        return (self._ended or time.monotonic()) - self._started

    async def watch(self, on_progress: Watch) -> None:
        """Tell `on_progress` how far it is, until cancelled."""
        while True:
            on_progress(self.progress())
            await asyncio.sleep(_WATCH_SECONDS)

    def progress(self) -> Progress:
        """Give how far it is."""
        seen = self._seen.look()
        sent = self._script.ledger.events()
        return Progress(
            simulated=self._now,
            sent=sent,
            total=max(sent, self._script.estimate()) if self._ended is None else sent,
            events_per_second=self._worked_off / max(self.seconds(), 0.001),
            messages=dict(seen.messages),
            cancellations=seen.cancellations,
            suppressions=dict(seen.suppressions),
            dead_letters=dict(seen.dead_letters),
            contexts=self._stage.observed.outputs[CONTEXT],
            age_seconds=time.monotonic() - self._waiting_since if self._waiting_since else 0.0,
            slices_done=self._slices_done,
            slices=(self._plan.hours + 1) * self._per_hour,
        )


def _arrival(event: Event) -> Millis:
    return event.timestamp
