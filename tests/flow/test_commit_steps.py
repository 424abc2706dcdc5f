"""A commit on Apache Kafka that ends at each of its steps, and one that the broker refuses: all of it, or nothing."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from streams.core.errors import CommitFailed
from streams.core.ports import Commit
from streams.core.records import Output
from streams.kafka.changelog import ChangelogReaders
from streams.kafka.clients import make_reader
from streams.kafka.clock import SystemClock
from streams.kafka.cluster import Cluster
from streams.kafka.transactions import Transactions
from streams.settings import Settings
from tests.flow.counting import OUTPUT, SOURCES
from tests.flow.test_logs import Logs, commit_at, state_of
from tests.flow.traffic import Traffic

pytestmark = pytest.mark.parametrize("broker", [pytest.param("kafka", marks=pytest.mark.kafka)], indirect=True)

STEPS = ("join", "write", "end")
"""Of `Transactions`, as a commit takes them."""

HOUR = 3_600_000


class Ended(BaseException):
    """The process ended here: no handler of the commit sees it."""


@pytest.fixture
async def logs(settings: Settings) -> AsyncIterator[Logs]:
    readers = ChangelogReaders(lambda: make_reader(settings))
    async with Cluster(settings.broker) as cluster:
        found = Logs(settings, readers, cluster)
        yield found
        for log in found.made:
            await log.close()
        await readers.close()


async def seen(traffic: Traffic, wait_millis: int = 400) -> set[bytes]:
    """Return the outputs that a reader of committed records gets."""
    await traffic.read(wait_millis)
    return set(traffic.outputs)


@pytest.mark.parametrize("version", ["first", "second"])
@pytest.mark.parametrize("is_done", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", STEPS)
async def test_a_commit_that_ends_at_any_step_is_there_whole_or_not_at_all(
    logs: Logs,
    traffic: Traffic,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
    is_done: bool,  # noqa: FBT001 - a parameter
    version: str,
) -> None:
    if version == "first":  # as on a cluster that has no other in force

        async def has_second(_: Transactions) -> bool:
            return False

        monkeypatch.setattr(Transactions, "_has_second", has_second)
    dying = logs.make()
    await dying.fence()
    assert dying._transactions is not None  # noqa: SLF001 - which version the broker has in force shows nowhere else
    assert dying._transactions._is_second is (version == "second")  # noqa: SLF001
    await dying.commit(*commit_at(10, a=b"old"))
    right = getattr(Transactions, step)

    async def end(self: Any, *given: Any) -> None:
        if is_done:
            await right(self, *given)
        raise Ended

    with monkeypatch.context() as broken:
        broken.setattr(Transactions, step, end)
        with pytest.raises(Ended):
            await dying.commit(*commit_at(20, a=b"new"))
    is_committed = is_done and step == "end"

    owner = logs.make()
    await owner.fence()
    assert await owner.committed() == dict.fromkeys(SOURCES, 20 if is_committed else 10)
    assert (await state_of(owner))[b"a"] == (b"new" if is_committed else b"old")
    await owner.commit(*commit_at(30, a=b"next"))
    expected = {b"output at 10", b"output at 30"} | ({b"output at 20"} if is_committed else set())
    traffic.rounds = 0
    for _ in range(50):
        if await seen(traffic) >= expected:
            break
    assert await seen(traffic) == expected
    assert set(traffic.outputs.values()) == {1}


@pytest.mark.parametrize(
    ("refused", "word"),
    [
        (Output(OUTPUT, 0, b"too large", b"x" * 2_000_000), "MessageSizeTooLarge"),
        (
            Output(OUTPUT, 0, b"from tomorrow", b"0 0", (), SystemClock(is_log=False).now() + 30 * HOUR),
            "InvalidTimestamp",
        ),
    ],
    ids=["too large", "a clock that jumped ahead"],
)
async def test_a_commit_of_which_the_broker_refuses_a_record_leaves_nothing_behind(
    logs: Logs, traffic: Traffic, refused: Output, word: str
) -> None:
    log = logs.make()
    await log.fence()
    await log.commit(*commit_at(10, a=b"old"))
    commit, meta = commit_at(20, a=b"new")
    with pytest.raises(CommitFailed, match=word):
        await log.commit(Commit(commit.changes, [*commit.outputs, refused], commit.offsets), meta)
    owner = logs.make()
    await owner.fence()
    assert await owner.committed() == dict.fromkeys(SOURCES, 10)
    assert (await state_of(owner))[b"a"] == b"old"
    await owner.commit(*commit_at(30, a=b"next"))
    for _ in range(50):
        if len(await seen(traffic)) > 1:
            break
    assert await seen(traffic) == {b"output at 10", b"output at 30"}
