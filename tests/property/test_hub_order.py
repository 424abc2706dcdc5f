"""Laws of the whole hub about order: equal facts in any order within lateness, and no message for disorder's sake.

What order is: every statement about one thing (a balance, autopay, consent of a class on a channel, a preference, a
profile) belongs to a stream, in which a newer one overtakes an older one. A run is *in order* when no statement reaches
its customer's timeline after a newer one of its stream; different streams may come in any order, for nothing between
them orders them. What stands for itself (a top-up, a charge, a promise's state, a link) is overtaken by nothing.
So the in-order run to compare with is the same arrival without what was overtaken.
"""

import random
from collections import Counter
from collections.abc import Sequence
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import records as r
from tests.builders.hub import DELIVERY, HubRun, Slice, facts, tick
from tests.builders.stories import FALLS, HOUR, LAW, SECOND, START, USAGE, Story, Told, stories

ARRIVES = START + HOUR - 100 * SECOND
"""All have happened by then, and none is an hour old when the last arrives."""


def stream(event: Any) -> tuple[Any, ...] | None:
    """Return what the event is the newest word on, None when it stands for itself."""
    match event:
        case r.BalanceChanged() | r.AutopayChanged():
            return type(event), event.account_id
        case r.ConsentGranted() | r.ConsentRevoked():
            return r.ConsentGranted, event.message_class, event.channel
        case r.PreferenceSet() | r.CustomerUpserted():
            return (type(event),)
        case _:
            return None


def shuffled(told: Sequence[Told], rng: random.Random) -> list[Told]:
    """Return the events in any order that the contracts allow: usage of one key stays in its sequence."""
    mixed = list(told)
    rng.shuffle(mixed)
    for key in {each.key for each in mixed if each.topic == USAGE}:
        places = [place for place, each in enumerate(mixed) if each.topic == USAGE and each.key == key]
        in_sequence = sorted((mixed[place] for place in places), key=lambda each: each.event.sequence)
        for place, each in zip(places, in_sequence, strict=True):
            mixed[place] = each
    return mixed


def arriving(mixed: Sequence[Told], without: frozenset[str] = frozenset()) -> list[Slice]:
    """Return the events second by second; where one is left out its second passes all the same."""
    return [
        [tick(ARRIVES + place * SECOND) if each.event.event_id in without else each.post(ARRIVES + place * SECOND)]
        for place, each in enumerate(mixed)
    ]


def played(story: Story, middle: Sequence[Slice]) -> HubRun:
    return HubRun().play([*story.eve(), *middle, *story.end()], has_gateway=True)


def overtaken(run: HubRun) -> frozenset[str]:
    """Return the ids of what reached its customer after a newer word."""
    late = set()
    for events in run.applied_in().values():
        newest: dict[Any, int] = {}
        for event in events:
            place = stream(event)
            if place is not None:
                if event.occurred_at < newest.get(place, 0):
                    late.add(event.event_id)
                newest[place] = max(event.occurred_at, newest.get(place, 0))
    return frozenset(late)


def assert_lawful(story: Story, run: HubRun) -> None:
    """Nobody is told twice, nobody oftener than the cap allows, and nothing was lost or doubled."""
    requests = run.requests()
    assert len({each.message_id for each in requests}) == len(requests)
    failed_at = {
        event.message_id: event.occurred_at
        for event in (each for events in run.applied_in().values() for each in events)
        if isinstance(event, r.MessageFailed)
    }
    if story.limit is not None:
        for request in requests:
            at = request.decided_at
            taken = [
                each
                for each in requests
                if each.customer_id == request.customer_id
                and at - 24 * HOUR < each.decided_at <= at
                and failed_at.get(each.message_id, at) >= at
            ]
            assert len(taken) <= story.limit
    published = Counter(post.topic for slice_ in run.log for post in slice_)
    counted: Counter[str] = Counter()
    for context in run.contexts().values():
        counted.update({count.topic: count.applied for count in context.counts})
        assert not any(count.duplicate for count in context.counts)
    assert {topic: counted[topic] for topic in counted} == {topic: published[topic] for topic in counted}
    assert not run.dead_letters()
    assert not run.letters()


@settings(LAW, max_examples=120)
@given(stories(), st.randoms(use_true_random=False))
def test_any_order_within_lateness_gives_equal_facts(story: Story, rng: random.Random) -> None:
    in_order, any_order = played(story, story.in_order()), played(story, arriving(shuffled(story.told, rng)))
    assert_lawful(story, in_order)
    assert_lawful(story, any_order)
    known = [{name: facts(context) for name, context in run.contexts().items()} for run in (in_order, any_order)]
    for said in (each for run in known for each in run.values()):
        said["counts"] = [each for each in said["counts"] if each["topic"] != DELIVERY]  # of messages, which may differ
    assert known[0] == known[1]


@settings(LAW, max_examples=120)
@given(stories(), st.randoms(use_true_random=False))
def test_no_order_sends_what_no_run_in_order_sends(story: Story, rng: random.Random) -> None:
    mixed = shuffled(story.told, rng)
    any_order = played(story, arriving(mixed))
    in_order = played(story, arriving(mixed, overtaken(any_order)))
    assert [each.message_id for each in any_order.requests()] == [each.message_id for each in in_order.requests()]


@settings(LAW, max_examples=60)
@given(stories(FALLS, most=1), st.randoms(use_true_random=False))
def test_no_order_goes_over_a_cap(story: Story, rng: random.Random) -> None:
    assert_lawful(story, played(story, arriving(shuffled(story.told, rng))))
    assert_lawful(story, played(story, story.in_order()))


def test_usage_between_two_links_counts_when_the_second_comes_late() -> None:
    """The stream came directly before and after; what lay between waited for its link, and is no repetition."""
    number, minute = "msisdn:79160000099", 60 * SECOND
    middle = START + 10 * minute

    def link(name: str, start: int, end: int | None) -> r.IdentifierLinked:
        return r.IdentifierLinked(name, "/crm", START, "C0", "msisdn", number.partition(":")[2], start, end)

    def used(sequence: int, at: int) -> r.UsageRated:
        return r.UsageRated(f"u-{sequence}", "/up", at, sequence, "sms", 1, 1, "RUB")

    events = [
        Told("crm.customer.v1", "customer:C0", link("l-1", START, middle)),
        Told("crm.customer.v1", "customer:C0", link("l-3", middle + 5 * minute, None)),
        *(Told(USAGE, number, used(n, START + 4 * n * minute)) for n in range(1, 6)),
        Told("crm.customer.v1", "customer:C0", link("l-2", middle, middle + 5 * minute)),
    ]
    run = HubRun().play([*arriving(events), [tick(ARRIVES + 10 * minute)]])
    (total,) = run.contexts()["C0"].usage
    assert total.units_1d == 5
