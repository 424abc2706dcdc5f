"""Laws of the whole hub about repetition: an event that comes again, soon or late, changes no record and no message."""

import random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import wire
from tests.builders.hub import HubRun, Post, Slice, facts
from tests.builders.stories import LAW, SECOND, USAGE, Story, Told, customer, number, stories


def again(told: Told, at: int, rng: random.Random) -> Post:
    """Return the same event once more: as it was, as JSON, or under another of its customer's keys.

    Usage keeps its key, for a sequence is one key's; so does what may still wait for a link of its number, since
    under another key it would be told at once.
    """
    same = told.post(at)
    if rng.random() < 0.5:
        event: Any = told.event
        headers = tuple(wire.ce_headers(event, event.event_id, event.source, event.occurred_at))
        same = same._replace(value=wire.to_json(event), headers=headers)
    if told.key.startswith("customer:") and told.topic != USAGE and rng.random() < 0.5:
        who = int(told.key.removeprefix("customer:C"))
        same = same._replace(
            key=rng.choice([number(who), f"contract:{customer(who)}"]).encode(), partition=rng.choice([0, 1])
        )
    return same


def repeated(story: Story, times: int, rng: random.Random) -> list[Slice]:
    """Return the story with that many repetitions, each some time after its original and at no time of its own."""
    log = story.in_order()
    for _ in range(times):
        place = rng.randrange(len(story.told))
        told = story.told[place]
        after = rng.randrange(place, len(story.told))
        at = story.told[after].event.occurred_at + SECOND
        log[after] = [*log[after], again(told, at, rng)]
    return log


@settings(LAW, max_examples=120)
@given(stories(), st.integers(1, 8), st.randoms(use_true_random=False))
def test_any_repetition_gives_the_same_record_and_messages(story: Story, times: int, rng: random.Random) -> None:
    once = HubRun().play([*story.eve(), *story.in_order(), *story.end()], has_gateway=True)
    often = HubRun().play([*story.eve(), *repeated(story, times, rng), *story.end()], has_gateway=True)
    assert often.messages() == once.messages()
    assert often.record() == once.record()
    assert not often.dead_letters()
    told = [{name: facts(context) for name, context in run.contexts().items()} for run in (once, often)]
    for said in (each for run in told for each in run.values()):
        for count in said["counts"]:
            del count["duplicate"]
    assert told[0] == told[1]
