"""Laws of the whole hub about crashes: wherever it dies, what it does after is what it would have done."""

import random
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.core.records import Header
from tests.builders.hub import CONTEXT, Crashes, HubRun, Slice, facts
from tests.builders.recorded import RecordedTimeline
from tests.builders.stories import LAW, Story, stories


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


def without_contexts(run: HubRun) -> list[tuple[Any, ...]]:
    """Return all outputs in their order but the contexts.

    Which of those go out follows the chunks, and a restart cuts chunks where no crash would.
    """
    return [output for output in run.outputs() if output[0] != CONTEXT]


def identity(headers: tuple[Header, ...]) -> tuple[Header, ...]:
    """Return what names an output: its id, or where the dead letter's original stood."""
    return tuple(each for each in headers if each[0] in {"ce_id", "hub_topic", "hub_partition", "hub_offset"})


@settings(LAW, max_examples=60)
@given(stories(), st.integers(1, 3), st.randoms(use_true_random=False))
def test_with_transactions_a_crash_anywhere_leaves_no_trace(story: Story, times: int, rng: random.Random) -> None:
    log = written(story)
    calm = HubRun().play(log)
    crashes = somewhere(log, times, rng, is_transactional=True)
    run = HubRun(crashes=crashes).play(log)
    assert without_contexts(run) == without_contexts(calm)
    assert known(run) == known(calm)
    assert run.record() == calm.record()
    assert run.letters() == calm.letters()


@settings(LAW, max_examples=40)
@given(stories(), st.integers(1, 3), st.integers(1, 5), st.randoms(use_true_random=False))
def test_a_timeline_gives_the_same_outputs_as_a_list_wherever_its_reader_dies(
    story: Story, times: int, chunk: int, rng: random.Random
) -> None:
    """On a log that is all there, chunks begin anew where the last commit ended: even the contexts are the same."""
    day = HubRun().play(written(story))

    def read(crashes: Crashes) -> HubRun:
        return HubRun(chunk=chunk, only="customer", broker=RecordedTimeline(day), crashes=crashes).play([])

    counted = Crashes()
    calm = read(counted)
    run = read(Crashes(*(rng.randrange(counted.steps) for _ in range(times))))
    assert run.outputs() == calm.outputs()
    assert run.sections() == calm.sections()


@settings(LAW, max_examples=60)
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
