"""Fetch sessions: after the first fetch only what changed is named, and after any doubt everything again."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.errors import NodeNotReadyError
from aiokafka.protocol.fetch import FetchRequest, FetchRequest_v4, FetchRequest_v11

from streams.kafka.sessions import FetchSessions

Places = dict[tuple[str, int], int]
"""The offset to read from by topic and partition."""


class Answer:
    """What a session looks at in an answer."""

    def __init__(self, session_id: int, error_code: int = 0, partitions: tuple[int, ...] = ()) -> None:
        """Answer with an error code for each partition that moved."""
        self.session_id, self.error_code = session_id, error_code
        self.topics = [("calls", [(k, code, 9) for k, code in enumerate(partitions)])] if partitions else []


class Broker:
    """aiokafka's client and a broker behind it: builds what would be sent, and answers as it is told."""

    cluster = "the cluster"

    def __init__(self, version: Any = FetchRequest_v11) -> None:
        self.version = version
        self.sent: list[Any] = []
        self.answers: list[Any] = []

    async def send(self, _: int, request: Any) -> Any:
        self.sent.append(request.build(self.version) if isinstance(request, FetchRequest) else request)
        answer = self.answers.pop(0) if self.answers else Answer(7)
        if isinstance(answer, asyncio.Future):
            return await answer
        if isinstance(answer, Exception):
            raise answer
        return answer

    def asked(self, at: int = -1) -> tuple[int, int, Places, set[tuple[str, int]]]:
        """Return session, epoch, what was named and what was taken off."""
        built = self.sent[at]
        named = {(topic, k): offset for topic, rows in built.topics for k, _, offset, _, _ in rows}
        gone = {(topic, k) for topic, ks in built.forgotten_topics_data for k in ks}
        return built.session_id, built.session_epoch, named, gone


def fetch(places: Places) -> FetchRequest:
    topics: dict[str, list[tuple[int, int, int]]] = {}
    for (topic, k), offset in places.items():
        topics.setdefault(topic, []).append((k, offset, 1000))
    return FetchRequest(500, 1, 1 << 20, 1, list(topics.items()))


A, B, C = ("calls", 0), ("calls", 1), ("bills", 0)


async def test_a_fetch_names_only_what_changed_since_the_last() -> None:
    broker = Broker()
    sessions = FetchSessions(broker)
    await sessions.send(1, fetch({A: 0, B: 0}))
    assert broker.asked() == (0, 0, {A: 0, B: 0}, set())
    await sessions.send(1, fetch({A: 5, B: 0}))
    assert broker.asked() == (7, 1, {A: 5}, set())
    await sessions.send(1, fetch({A: 5, B: 0}))
    assert broker.asked() == (7, 2, {}, set())
    await sessions.send(1, fetch({A: 5, C: 3}))
    assert broker.asked() == (7, 3, {C: 3}, {B})


async def test_what_the_fetcher_sees_of_its_request_stays_whole() -> None:
    sessions, whole = FetchSessions(Broker()), fetch({A: 0, B: 0})
    await sessions.send(1, fetch({A: 0, B: 0}))
    await sessions.send(1, whole)
    assert whole.topics == fetch({A: 0, B: 0}).topics


async def test_every_broker_has_a_session_of_its_own() -> None:
    broker = Broker()
    sessions = FetchSessions(broker)
    await sessions.send(1, fetch({A: 0}))
    await sessions.send(2, fetch({B: 0}))
    assert broker.asked() == (0, 0, {B: 0}, set())


@pytest.mark.parametrize("refusal", [70, 71])
async def test_a_session_that_the_broker_does_not_know_begins_anew(refusal: int) -> None:
    broker = Broker()
    sessions = FetchSessions(broker)
    await sessions.send(1, fetch({A: 0, B: 0}))
    broker.answers = [Answer(0, refusal), Answer(8)]
    await sessions.send(1, fetch({A: 5, B: 0}))
    await sessions.send(1, fetch({A: 5, B: 0}))
    assert broker.asked() == (7, 0, {A: 5, B: 0}, set())
    await sessions.send(1, fetch({A: 9, B: 0}))
    assert broker.asked() == (8, 1, {A: 9}, set())


async def test_after_a_fetch_whose_answer_was_lost_everything_is_named() -> None:
    broker = Broker()
    sessions = FetchSessions(broker)
    await sessions.send(1, fetch({A: 0, B: 0}))
    broker.answers = [NodeNotReadyError()]
    with pytest.raises(NodeNotReadyError):
        await sessions.send(1, fetch({A: 5, B: 0}))
    await sessions.send(1, fetch({A: 5, B: 0}))
    assert broker.asked() == (7, 0, {A: 5, B: 0}, set())


async def test_a_fetch_that_is_given_up_for_a_rebalance_leaves_no_doubtful_session() -> None:
    broker = Broker()
    sessions = FetchSessions(broker)
    await sessions.send(1, fetch({A: 0}))
    broker.answers = [asyncio.get_running_loop().create_future()]
    given_up = asyncio.create_task(sessions.send(1, fetch({A: 5})))
    await asyncio.sleep(0)
    given_up.cancel()
    with pytest.raises(asyncio.CancelledError):
        await given_up
    await sessions.send(1, fetch({A: 0, B: 0}))
    assert broker.asked() == (7, 0, {A: 0, B: 0}, set())


async def test_a_broker_that_keeps_no_session_is_asked_for_everything_every_time() -> None:
    broker = Broker()
    sessions = FetchSessions(broker)
    for offset in range(3):
        broker.answers = [Answer(0)]
        await sessions.send(1, fetch({A: offset, B: 0}))
        assert broker.asked() == (0, 0, {A: offset, B: 0}, set())


async def test_a_broker_older_than_sessions_is_asked_for_everything() -> None:
    broker = Broker(FetchRequest_v4)
    sessions = FetchSessions(broker)
    for offset in range(2):
        broker.answers = [SimpleNamespace(topics=[])]
        await sessions.send(1, fetch({A: offset, B: 0}))
        assert [k for _, rows in broker.sent[-1].topics for k, _, _ in rows] == [0, 1]


async def test_whatever_is_not_a_fetch_goes_as_it_is_and_the_client_stays_visible() -> None:
    broker = Broker()
    sessions, request = FetchSessions(broker), object()
    await sessions.send(1, request)
    assert broker.sent == [request]
    assert sessions.cluster == "the cluster"
    assert sessions.answered_at is None


@pytest.mark.parametrize("partitions", [(), (0,), (0, 6)])
async def test_an_answer_counts_as_one_with_records_or_without(partitions: tuple[int, ...]) -> None:
    broker = Broker()
    sessions, broker.answers = FetchSessions(broker), [Answer(7, 0, partitions)]
    await sessions.send(1, fetch({A: 0, B: 0}))
    assert sessions.answered_at is not None


@pytest.mark.parametrize("answer", [Answer(0, 70), Answer(7, 0, (6, 6))])
async def test_an_answer_of_errors_alone_is_none(answer: Answer) -> None:
    broker = Broker()
    sessions, broker.answers = FetchSessions(broker), [answer]
    await sessions.send(1, fetch({A: 0, B: 0}))
    assert sessions.answered_at is None


async def test_after_a_rebalance_everything_is_named_and_no_answer_of_before_counts() -> None:
    broker = Broker()
    sessions = FetchSessions(broker)
    await sessions.send(1, fetch({A: 0, B: 0}))
    late: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
    broker.answers = [late]
    under_way = asyncio.create_task(sessions.send(1, fetch({A: 0, B: 0})))
    await asyncio.sleep(0)
    sessions.begin_anew()
    late.set_result(Answer(7))
    await under_way
    assert sessions.answered_at is None
    await sessions.send(1, fetch({A: 0, B: 0}))
    assert broker.asked() == (7, 0, {A: 0, B: 0}, set())
