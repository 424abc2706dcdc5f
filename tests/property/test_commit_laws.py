"""Laws of a task's bookkeeping: offsets, META, store and changelog agree, however chunks, commits and failures fall."""

import asyncio
from collections.abc import Sequence
from typing import Final

from hypothesis import given, settings
from hypothesis import strategies as st

from streams.core.errors import CommitFailed
from streams.core.fold import Unit
from streams.core.keys import PARTITION, state_key
from streams.core.meta import META_KEY, Meta
from streams.core.records import Output, Record
from streams.core.task import Task
from streams.memory import MemoryRecord
from tests.builders.sums import Bench

KEYS: Final = (b"a/x", b"a/y", b"b/x")
OWN: Final = state_key(PARTITION, "cursor")
STEPS: Final = ("changelog", "outputs", "offsets", "committed")
ALL: Final = settings(max_examples=250, deadline=None)

Source = Sequence[Record]


@st.composite
def logs(draw: st.DrawFn) -> dict[str, Source]:
    """Draw two sources whose offsets have gaps, as markers and compaction leave them."""
    found: dict[str, Source] = {}
    for topic in ("a", "b"):
        gaps = draw(st.lists(st.sampled_from([0, 0, 0, 1, 7]), max_size=12))
        offset, records = 0, []
        for gap in gaps:
            offset += gap
            key, value = draw(st.sampled_from(KEYS)), draw(st.sampled_from([b"1", b"2", b"5", b"bad"]))
            records.append(MemoryRecord(topic, 0, offset, draw(st.integers(0, 5000)), key, value))
            offset += 1
        found[topic] = records
    return found


class Fed:
    """A consumer that feeds a task; its positions are the task's own, or lie behind them."""

    def __init__(self, log: dict[str, Source], *, is_transactional: bool) -> None:
        self.log, self.is_transactional = log, is_transactional
        self.bench, self.failing, self.restarts = Bench(), "", 0
        self.committed: list[bytes | None] = []

    async def open(self) -> None:
        self.task: Task = self.bench.task(is_transactional=self.is_transactional, step=self._step)
        starts = await self.task.open()
        self.at = {topic: start or 0 for topic, start in starts.items()}
        self.agree()

    def _step(self, step: str) -> None:
        if step == self.failing:
            self.failing = ""
            raise CommitFailed(step)

    def deliver(self, topic: str, count: int, back: int) -> None:
        """Hand on a chunk that begins up to `back` offsets too early, as after a seek."""
        start = max(0, self.at[topic] - back)
        records = [record for record in self.log[topic] if record.offset >= start][:count]
        if records:
            self.task.apply(topic, records)
            self.at[topic] = max(self.at[topic], records[-1].offset + 1)

    async def commit(self) -> None:
        """Commit; a failure is a crash, and somebody else goes on from what is committed."""
        try:
            await self.task.commit_pending()
        except CommitFailed:
            self.restarts += 1
            await self.open()
        if self.is_transactional or not self.restarts:
            self.agree()

    def state(self) -> dict[bytes, bytes | None]:
        """Return what the changelog holds."""
        return {record.key or b"": record.value for record in self.bench.broker.records("sum-changelog")}

    def agree(self) -> None:
        """Check that store and changelog, META and offsets, and all of them with what was written, are one."""
        state = self.state()
        meta = state.pop(META_KEY, None)
        offsets = Meta.decode(meta).offsets if meta is not None else {}
        broker = {topic: offset for (_, _, topic), offset in self.bench.broker.offsets.items()}
        if self.is_transactional:
            assert broker == offsets
            assert state == expected_state(self.log, offsets)
        if self.task.is_settled:
            assert dict(self.bench.store.items()) == state
        said = self.bench.sums()
        assert said[: len(self.committed)] == self.committed, "what was committed is taken back"
        self.committed = said


def expected_state(log: dict[str, Source], offsets: dict[str, int]) -> dict[bytes, bytes]:
    """Return the sums of all records before these offsets, worked out without a task."""
    sums: dict[bytes, int] = {}
    for topic, end in offsets.items():
        for record in log[topic]:
            if record.offset < end and record.value != b"bad":
                key = record.key or b""
                sums[key] = sums.get(key, 0) + int(record.value or 0)
    return {key: b"%d" % total for key, total in sums.items()}


deeds = st.one_of(
    st.tuples(st.just("deliver"), st.sampled_from(["a", "b"]), st.integers(1, 6), st.sampled_from([0, 0, 0, 1, 3, 99])),
    st.tuples(st.just("commit"), st.just(""), st.just(0), st.just(0)),
    st.tuples(st.just("fail"), st.sampled_from(STEPS), st.just(0), st.just(0)),
    st.tuples(st.just("crash"), st.just(""), st.just(0), st.just(0)),
)


async def lived(log: dict[str, Source], played: Sequence[tuple[str, str, int, int]], *, is_transactional: bool) -> Fed:
    """Let a task live through it, and then read and commit what is left."""
    fed = Fed(log, is_transactional=is_transactional)
    await fed.open()
    for deed, what, count, back in played:
        if deed == "deliver":
            fed.deliver(what, count, back)
        elif deed == "commit":
            await fed.commit()
        elif deed == "crash":
            fed.restarts += 1
            await fed.open()
        else:
            fed.failing = what
            await fed.commit()
    fed.failing = ""
    for topic in log:
        fed.deliver(topic, 99, 0)
    await fed.commit()
    return fed


@ALL
@given(logs(), st.lists(deeds, max_size=14))
def test_state_offsets_and_meta_agree_after_every_step_and_all_is_counted_once(
    log: dict[str, Source], played: list[tuple[str, str, int, int]]
) -> None:
    fed = asyncio.run(lived(log, played, is_transactional=True))
    ends = {topic: records[-1].offset + 1 for topic, records in log.items() if records}
    assert {topic: fed.bench.broker.offsets.get(("sum", 0, topic), 0) for topic in ends} == ends
    good = [record for records in log.values() for record in records if record.value != b"bad"]
    assert len(fed.bench.sums()) == len(good), "an output is missing, or there twice"


@ALL
@given(logs(), st.lists(deeds, max_size=14))
def test_without_transactions_every_record_is_counted_and_offsets_end_where_it_ends(
    log: dict[str, Source], played: list[tuple[str, str, int, int]]
) -> None:
    fed = asyncio.run(lived(log, played, is_transactional=False))
    ends = {topic: records[-1].offset + 1 for topic, records in log.items() if records}
    meta = Meta.decode(fed.state().get(META_KEY) or Meta({}, 0).encode())
    assert {topic: fed.bench.broker.offsets.get(("sum", 0, topic), 0) for topic in ends} == ends
    assert {topic: meta.offsets.get(topic, 0) for topic in ends} == ends
    good = [record for records in log.values() for record in records if record.value != b"bad"]
    assert len(fed.bench.sums()) >= len(good)
    least = expected_state(log, ends)
    assert fed.state().keys() - {META_KEY} == least.keys()
    assert all(int(fed.state()[key] or 0) >= int(total) for key, total in least.items()), "something was lost"


units = st.lists(
    st.tuples(
        st.dictionaries(st.sampled_from((*KEYS, OWN)), st.none() | st.binary(max_size=3), max_size=3),
        st.lists(st.binary(max_size=3), max_size=3),
        st.dictionaries(st.sampled_from(["one", "two"]), st.integers(1, 5), max_size=2),
    ),
    min_size=1,
    max_size=6,
)


@ALL
@given(units, st.booleans())
def test_a_group_of_units_is_one_commit_in_which_the_last_value_of_a_key_wins(
    drawn: list[tuple[dict[bytes, bytes | None], list[bytes], dict[str, int]]],
    is_transactional: bool,  # noqa: FBT001 - drawn
) -> None:
    made: list[Unit] = []
    for changes, outputs, tallies in drawn:
        unit = Unit()
        unit.changes.update(changes)
        unit.outputs += [Output("out", 0, None, value) for value in outputs]
        for name, count in tallies.items():
            unit.tally(name, count=count)
        made.append(unit)
    commit, tallied = Bench().task(is_transactional=is_transactional)._merge(made)  # noqa: SLF001 - the law is of this step alone
    assert dict(commit.changes) == {key: value for changes, _, _ in drawn for key, value in changes.items()}
    assert [output.value for output in commit.outputs] == [value for _, outputs, _ in drawn for value in outputs]
    names = {name for _, _, tallies in drawn for name in tallies}
    assert {name: sum(tallies.get(name, 0) for _, _, tallies in drawn) for name in names} == {
        name: count for (name, _), count in tallied.items()
    }
    owners = [key.partition(b"/")[0] for key in commit.changes]
    if not is_transactional:  # a transaction is there whole or not at all
        customers = [owner for owner in owners if owner != PARTITION.encode()]
        assert customers == sorted(customers), "one customer's keys are apart"
        assert owners[: len(customers)] == customers, "what belongs to the partition comes before a customer"
