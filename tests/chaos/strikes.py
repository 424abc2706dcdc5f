"""What strikes, one function a kind. Each returns what it did in words, or raises `Missed` when it found no victim.

A strike leaves nothing behind that would keep the hub from coming round: who sleeps is woken, a broker that is down
is started. It does not wait for the hub to come round.
"""

import asyncio
import signal
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from random import Random
from typing import Final

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from streams.brokers import ApacheKafka, BrokerUnavailable
from tests.chaos.compaction import Compaction
from tests.chaos.crew import Crew, Life, Worker, until
from tests.chaos.orders import COMMIT, PLAIN_COMMIT, RECOVERY, Order
from tests.chaos.schedule import COMPACTION

_ORDER_SECONDS: Final = 15.0
"""An order that nobody has come to by then is withdrawn."""
_TWIN_SECONDS: Final = 40.0
_READY_SECONDS: Final = 30.0
_SLOW_SECONDS: Final = 12.0
_CLEANER_SECONDS: Final = 8.0
_TRANSACTION: Final = 1
"""Kafka's coordinator type (FindCoordinator)."""


class Missed(Exception):  # noqa: N818 - reads as what happened
    """There was nobody to strike, or nobody came to where it would have struck."""


@dataclass(frozen=True)
class Field:
    """Where strikes happen.

    Attributes:
        crew: The workers.
        brokers: Nodes that may be killed.
        broker: `host:port` of all of them.
        transactional_ids: Of the hub's tasks.
        compaction: The changelogs' cleaner.
        session_seconds: A worker that is silent for so long has lost its tasks.
        transaction_seconds: A transaction older than this is aborted.
        has_transactions: Whether the workers use them.
    """

    crew: Crew
    brokers: tuple[ApacheKafka, ...]
    broker: str
    transactional_ids: tuple[str, ...]
    compaction: Compaction | None
    session_seconds: float
    transaction_seconds: float
    has_transactions: bool = True


Strike = Callable[[Field, Random], Awaitable[str]]


async def kill(field: Field, rng: Random) -> str:
    """SIGKILL, at random."""
    victim = _victim(field, rng)
    victim.end(signal.SIGKILL)
    return victim.name


async def all_at_once(field: Field, rng: Random) -> str:
    """SIGKILL to all; they are back at once or one after the other."""
    rest = rng.choice((0.1, None))
    for worker in field.crew.workers.values():
        worker.rest = rest
        worker.end(signal.SIGKILL)
    return "all workers"


async def zombie(field: Field, rng: Random) -> str:
    """SIGSTOP for longer than the session, sometimes than a transaction, then SIGCONT."""
    victim = _victim(field, rng)
    life = victim.life
    seconds = _long(field, rng)
    life.send(signal.SIGSTOP)
    victim.is_expected = True
    await asyncio.sleep(seconds)
    life.send(signal.SIGCONT)
    return f"{victim.name} for {seconds:.1f} s"


async def zombie_in_a_commit(field: Field, rng: Random) -> str:
    """The same from inside, in the middle of a commit."""
    victim = _victim(field, rng)
    life, step = victim.life, rng.choice(COMMIT[:-1] if field.has_transactions else PLAIN_COMMIT[:-1])
    seconds = _long(field, rng)
    await _ordered(victim, Order(step, rng.randint(1, 3), signal.SIGSTOP))
    await until(life.sleeps, _ORDER_SECONDS)
    life.is_stopped = True
    await asyncio.sleep(seconds)
    life.send(signal.SIGCONT)
    return f"{victim.name} at {step} for {seconds:.1f} s"


async def twin(field: Field, rng: Random) -> str:
    """Start another under the name of one that lives; one of the two must end."""
    victim = _victim(field, rng)
    return await _replace(victim, victim.life, field)


async def twin_of_a_zombie(field: Field, rng: Random) -> str:
    """The same while the first one sleeps."""
    victim = _victim(field, rng)
    first, seconds = victim.life, rng.uniform(1.0, field.session_seconds + 3.0)
    first.send(signal.SIGSTOP)
    waking = asyncio.get_running_loop().call_later(seconds, first.send, signal.SIGCONT)
    try:
        return await _replace(victim, first, field) + f", asleep for {seconds:.1f} s"
    finally:
        waking.cancel()
        first.send(signal.SIGCONT)


async def sigterm_in_recovery(field: Field, rng: Random) -> str:
    """SIGTERM while the changelogs are read, after a kill or a rebalance."""
    victim = _victim(field, rng)
    step = rng.choice(RECOVERY)
    victim.orders.give(Order(step, rng.randint(1, 3), signal.SIGTERM))
    victim.rest = 0.1
    victim.end(signal.SIGKILL)
    await _taken(victim, _READY_SECONDS)
    return f"{victim.name} at {step}"


async def broker(field: Field, rng: Random) -> str:
    """SIGKILL to a broker, which comes back on the same data and port."""
    node = rng.choice(field.brokers)
    return f"{node.address}, {await _away(node, rng)}"


async def coordinator(field: Field, rng: Random) -> str:
    """The same to the node that coordinates a task's transactions."""
    name = rng.choice(field.transactional_ids)
    admin = AIOKafkaAdminClient(bootstrap_servers=field.broker)
    try:
        await admin.start()
        number = await admin.find_coordinator(name, _TRANSACTION)
    except KafkaError as fault:
        raise Missed(f"nobody knows the coordinator: {fault!r}") from None
    finally:
        await admin.close()
    return f"of {name}: node {number}, {await _away(field.brokers[number - 1], rng)}"


async def _away(node: ApacheKafka, rng: Random) -> str:
    seconds = rng.uniform(0.0, 4.0)
    await asyncio.to_thread(node.kill)
    try:
        await asyncio.sleep(seconds)
    finally:
        began = time.monotonic()
        await asyncio.to_thread(_start, node)
    return f"away for {seconds:.1f} s and its start of {time.monotonic() - began:.1f} s"


async def compaction(field: Field, rng: Random) -> str:
    """The cleaner rewrites changelogs while a worker reads them, slowly."""
    if field.compaction is None:
        raise Missed("no cleaner to be let")
    victim, cleaner = _victim(field, rng), field.compaction
    before = cleaner.cleaned()
    victim.orders.give(Order("reading", 1, None, _SLOW_SECONDS))
    victim.rest = 0.1
    victim.end(signal.SIGKILL)
    await _taken(victim, _READY_SECONDS)
    await asyncio.to_thread(cleaner.let, is_let=True)
    try:
        if not await until(lambda: cleaner.cleaned() != before, _CLEANER_SECONDS):
            raise Missed("the cleaner found nothing to do")
        cleaned = sum(1 for place, at in cleaner.cleaned().items() if before.get(place) != at)
    finally:
        await asyncio.to_thread(cleaner.let, is_let=False)
    return f"{cleaned} partitions while {victim.name} read"


async def rolling_restart(field: Field, rng: Random) -> str:
    """SIGTERM to one after the other, each when the one before is back."""
    names = sorted(field.crew.workers)
    for name in rng.sample(names, len(names)):
        worker = field.crew.workers.get(name)
        if worker is None or not worker.is_up:
            continue
        worker.rest = 0.1
        life = worker.life
        worker.end(signal.SIGTERM)
        await _is_back(field.crew, worker, life)
    return ", ".join(names)


async def join_and_leave(field: Field, rng: Random) -> str:
    """A further worker joins, works for a moment and leaves."""
    guest = field.crew.add("guest")
    await until(lambda: field.crew.is_ready(guest), _READY_SECONDS)
    seconds = rng.uniform(0.5, 4.0)
    await asyncio.sleep(seconds)
    await field.crew.remove(guest)
    return f"for {seconds:.1f} s"


def kill_at(step: str) -> Strike:
    """SIGKILL from inside, at a step of a commit or of a recovery."""

    async def strike(field: Field, rng: Random) -> str:
        victim = _victim(field, rng)
        order = Order(step, rng.randint(1, 5))
        if step in RECOVERY:
            victim.orders.give(order)
            victim.rest = 0.1
            victim.end(signal.SIGKILL)
            await _taken(victim, _READY_SECONDS)
        else:
            await _ordered(victim, order)
        return f"{victim.name}, occurrence {order.times}"

    return strike


STRIKES: Final[dict[str, Strike]] = {
    "kill": kill,
    "zombie": zombie,
    "zombie in a commit": zombie_in_a_commit,
    "twin": twin,
    "twin of a zombie": twin_of_a_zombie,
    "SIGTERM in recovery": sigterm_in_recovery,
    "all at once": all_at_once,
    "broker": broker,
    "rolling restart": rolling_restart,
    "join and leave": join_and_leave,
    "coordinator": coordinator,
    COMPACTION: compaction,
    **{f"kill at {step}": kill_at(step) for step in (*RECOVERY, *COMMIT)},
}


def _start(node: ApacheKafka) -> None:
    """Start a node, once more if a machine with too much to do does not get it up in time. Blocks."""
    try:
        node.start()
    except BrokerUnavailable:
        node.start()


def _victim(field: Field, rng: Random) -> Worker:
    found = sorted(field.crew.up(), key=lambda worker: worker.name)
    if not found:
        raise Missed("no worker is up")
    return rng.choice(found)


def _long(field: Field, rng: Random) -> float:
    least = rng.choice((field.session_seconds, field.session_seconds, field.transaction_seconds))
    return least + rng.uniform(1.5, 4.0)


async def _is_back(crew: Crew, worker: Worker, life: Life) -> None:
    await until(lambda: worker.life is not life, _READY_SECONDS)
    await until(lambda: crew.is_ready(worker), _READY_SECONDS)


async def _ordered(victim: Worker, order: Order) -> None:
    victim.orders.give(order)
    await _taken(victim, _ORDER_SECONDS)


async def _taken(victim: Worker, limit_seconds: float) -> None:
    if not await until(lambda: victim.orders.is_taken, limit_seconds, 0.02):
        victim.orders.withdraw()
        raise Missed(f"{victim.name} did not come to it")


async def _replace(worker: Worker, first: Life, field: Field) -> str:
    """Start a second life beside `first`; who outlives the other is the worker's from then on."""
    worker.is_held = True
    try:
        second = worker.another()
        if not await until(lambda: first.is_over or second.is_over, _TWIN_SECONDS):
            field.crew.strange.append(f"two workers lived on under the name {worker.name} for {_TWIN_SECONDS:.0f} s")
            first.send(signal.SIGKILL)
            await until(lambda: first.is_over, _READY_SECONDS)
        winner, loser = (second, first) if first.is_over else (first, second)
        worker.life, worker.is_expected = winner, True
        field.crew.note(worker, loser)
        worker.is_expected = winner.is_over
    finally:
        worker.is_held = False
    return f"{worker.name}, the {'first' if loser is first else 'second'} one ended"
