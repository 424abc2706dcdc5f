"""Laws of the whole hub about crashes: wherever it dies, what it does after is what it would have done."""

import random
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.core.records import Header
from tests.builders.hub import CONTEXT, Crashes, HubRun, Slice, facts
from tests.builders.stories import Story, stories


def written(story: Story) -> list[Slice]:
    """Return the story's log, the gateway's reports included, as a run without a crash has it."""
    return HubRun().play([*story.eve(), *story.in_order(), *story.end()], has_gateway=True).log


def somewhere(log: list[Slice], times: int, rng: random.Random, *, is_transactional: bool) -> Crashes:
    """Return crashes at any steps of any commits of the run."""
    counted = Crashes()
    HubRun(crashes=counted, is_transactional=is_transactional).play(log)
    return Crashes(*(rng.randrange(counted.steps) for _ in range(times)))


def known(run: HubRun) -> dict[str, Any]:
    """Return what the last contexts say, repetitions aside."""
    said = {name: facts(context) for name, context in run.contexts().items()}
    for each in said.values():
        for count in each["counts"]:
            del count["duplicate"]
    return said


def identity(headers: tuple[Header, ...]) -> tuple[Header, ...]:
    """Return what names an output: its id, or where the dead letter's original stood."""
    return tuple(each for each in headers if each[0] in {"ce_id", "hub_topic", "hub_partition", "hub_offset"})


@settings(max_examples=80, deadline=None)
@given(stories(), st.integers(1, 3), st.randoms(use_true_random=False))
def test_with_transactions_a_crash_anywhere_leaves_no_trace(story: Story, times: int, rng: random.Random) -> None:
    log = written(story)
    calm = HubRun().play(log)
    crashes = somewhere(log, times, rng, is_transactional=True)
    run = HubRun(crashes=crashes).play(log)
    assert run.outputs() == calm.outputs()
    assert run.record() == calm.record()
    assert run.letters() == calm.letters()


@settings(max_examples=80, deadline=None)
@given(stories(), st.integers(1, 3), st.randoms(use_true_random=False))
def test_without_transactions_a_crash_anywhere_loses_nothing_and_repeats_with_equal_ids(
    story: Story, times: int, rng: random.Random
) -> None:
    log = written(story)
    calm = HubRun(is_transactional=False).play(log)
    run = HubRun(crashes=somewhere(log, times, rng, is_transactional=False), is_transactional=False).play(log)
    said, repeated = (
        [(out[0], out[2], identity(out[4])) for out in each.outputs() if out[0] != CONTEXT] for each in (calm, run)
    )
    assert set(repeated) == set(said)
    assert len({msgspec.json.encode(each) for each in run.messages()}) == len(calm.messages())
    assert known(run) == known(calm)
    assert run.record() == calm.record()
