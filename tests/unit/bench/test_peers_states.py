"""The aggregates as every engine writes them, and what tells a right result from a wrong one."""

import json
import struct

import msgspec
import pytest

from bench import reference
from bench.peers.load import POPULATIONS, Population, ReferenceLoad
from bench.peers.operator import Interaction, apply, decoder, nothing_yet
from bench.peers.reading import faults
from bench.peers.states import Aggregates, Sums, from_binary, from_json, from_msgpack

EVENTS = [*reference.events(400, 20, seed=3)]
LOAD = ReferenceLoad(Population(50, 2.2), [100, 300])


def states_of(events: list[dict[str, object]]) -> dict[bytes, Aggregates]:
    found: dict[bytes, Aggregates] = {}
    for event in events:
        state = found.setdefault(str(event["customer_id"]).encode(), nothing_yet())
        apply(state, Interaction(**event))  # type: ignore[arg-type]
    return found


def binary(state: Aggregates) -> bytes:
    numbers = (state.events, state.last_at, state.duration, state.spent, state.complaints, *state.by_channel)
    last = reference.CHANNELS.index(state.last_channel)
    return struct.pack("<qqqdi6ib", *numbers, last) + state.last_kind.encode()


def written(events: list[dict[str, object]]) -> tuple[list[bytes], dict[bytes, bytes]]:
    """Do the job as the hub's box does: outputs, and the last state of each customer."""
    told, states = [], dict[bytes, Aggregates]()
    for event in events:
        key = str(event["customer_id"]).encode()
        state = states.setdefault(key, nothing_yet())
        apply(state, Interaction(**event))  # type: ignore[arg-type]
        if reference.is_told(int(str(event["occurred_at"]))):
            told.append(msgspec.msgpack.encode(state))
    return told, {key: msgspec.msgpack.encode(state) for key, state in states.items()}


def test_the_generated_decoder_reads_what_fastavro_writes() -> None:
    read = decoder()

    for event in EVENTS:
        value = reference.encode(event)
        assert msgspec.structs.asdict(read(value, reference.FRAME_BYTES)) == reference.decode(value)


def test_every_encoding_of_a_state_is_read_as_the_same() -> None:
    expected = states_of(EVENTS)
    plain: dict[bytes, dict[str, object]] = {}
    for event in EVENTS:
        key = event["customer_id"].encode()
        plain[key] = reference.aggregate(plain.get(key, {}), event)

    for key, state in expected.items():
        assert from_msgpack(msgspec.msgpack.encode(state)) == state
        assert from_json(json.dumps(plain[key]).encode()) == state
        assert from_binary(binary(state)) == state


def test_one_event_in_ten_is_told() -> None:
    assert sum(reference.is_told(event["occurred_at"]) for event in EVENTS) == 40


def test_a_load_comes_in_segments_and_says_what_follows_from_all_up_to_each() -> None:
    assert [segment.expected.events for segment in LOAD.between(0, 300)] == [100, 300]
    assert [segment.expected.events for segment in LOAD.between(100, 300)] == [300]
    assert LOAD.expected(100).states.whole["events"] == 100
    assert LOAD.expected(300).told.count == 30


def test_customers_are_skewed_or_spread() -> None:
    def busiest(population: Population) -> float:
        counts: dict[str, int] = {}
        for event in reference.events(4000, population.customers, 1, population.skew):
            counts[event["customer_id"]] = counts.get(event["customer_id"], 0) + 1
        return max(counts.values())

    assert busiest(POPULATIONS["reference-20k"]) > 10 * busiest(POPULATIONS["reference-200k"])


def test_a_right_result_has_no_faults() -> None:
    told, states = written([*reference.events(300, 50, seed=1, skew=2.2)])

    assert [*faults(LOAD.expected(300), told, states, from_msgpack)] == []


def test_an_event_too_many_is_told() -> None:
    events = [*reference.events(300, 50, seed=1, skew=2.2)]
    told, states = written([*events, events[7]])

    (fault,) = faults(LOAD.expected(300), told, states, from_msgpack)

    assert fault.startswith("states on the changelog: the sums of events, ")


def test_a_lost_output_is_told() -> None:
    told, states = written([*reference.events(300, 50, seed=1, skew=2.2)])

    assert [*faults(LOAD.expected(300), told[1:], states, from_msgpack)] == ["outputs: 29 instead of 30"]


def test_an_aggregate_that_is_wrong_in_one_customer_is_told() -> None:
    told, states = written([*reference.events(300, 50, seed=1, skew=2.2)])
    key = min(states)
    state = from_msgpack(states[key])
    state.last_kind = "nothing"

    found = [*faults(LOAD.expected(300), told, states | {key: msgspec.msgpack.encode(state)}, from_msgpack)]

    assert found == ["states on the changelog: the sums of last kind and channel differ"]


@pytest.mark.parametrize("damage", [b"", b"\xff", b"[]"])
def test_what_cannot_be_read_is_told(damage: bytes) -> None:
    for read in (from_msgpack, from_json, from_binary):
        found = [*faults(LOAD.expected(300), [damage], {b"C": damage}, read)]

        assert found == ["outputs: unreadable", "states on the changelog: unreadable"]


def test_without_a_state_each_output_is_its_event_alone() -> None:
    alone = []
    for event in reference.events(300, 50, seed=1, skew=2.2):
        if reference.is_told(event["occurred_at"]):
            state = nothing_yet()
            apply(state, Interaction(**event))
            alone.append(msgspec.msgpack.encode(state))

    assert [*faults(LOAD.expected(300), alone, None, from_msgpack)] == []
    assert [*faults(LOAD.expected(300), alone[:-1], None, from_msgpack)] == ["outputs: 29 instead of 30"]


def test_sums_do_not_mind_the_order_of_what_is_not_whole() -> None:
    states = [*states_of(EVENTS).values()]

    assert Sums.of(states).differs(Sums.of(reversed(states))) is None
