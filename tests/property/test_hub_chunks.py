"""Laws of the whole hub about chunks: how many records are taken at once decides only which contexts go out."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders.hub import CONTEXT, HubRun, Slice, facts
from tests.builders.recorded import RecordedTimeline
from tests.builders.stories import CRM, LAW, Story, stories


def bursts(story: Story) -> list[Slice]:
    """Return the story in slices as large as leave nothing open: one key of one topic, every word on identity alone."""
    slices: list[list[tuple[str, str, Slice]]] = []
    for told, (post,) in zip(story.told, story.in_order(), strict=True):
        if slices and told.topic != CRM and slices[-1][-1][:2] == (told.topic, told.key):
            slices[-1].append((told.topic, told.key, (post,)))
        else:
            slices.append([(told.topic, told.key, (post,))])
    return [[post for _, _, posts in each for post in posts] for each in slices]


def outcome(run: HubRun) -> tuple[object, ...]:
    """Return all that chunking must not change: everything but which contexts went out, and their numbers."""
    others = [output for output in run.outputs() if output[0] != CONTEXT]
    return run.messages(), others, {name: facts(each) for name, each in run.contexts().items()}, run.record()


@settings(LAW, max_examples=60)
@given(stories(), st.randoms(use_true_random=False))
def test_slices_taken_in_chunks_of_any_size_end_the_same(story: Story, rng: random.Random) -> None:
    written = HubRun().play([*story.eve(), *bursts(story), *story.end()], has_gateway=True)
    for chunk in (1, rng.choice([2, 3])):
        assert outcome(HubRun(chunk=chunk).play(written.log)) == outcome(written)


@settings(LAW, max_examples=60)
@given(stories())
def test_a_timeline_taken_in_chunks_of_any_size_ends_the_same(story: Story) -> None:
    """The whole day is there when the customer box begins, so that chunks mix days, timers and customers."""
    written = HubRun().play([*story.eve(), *story.in_order(), *story.end()], has_gateway=True)
    for chunk in (1, 3, 500):
        broker = RecordedTimeline(written)
        read = HubRun(chunk=chunk, only="customer", broker=broker).play([])
        assert read.messages() == written.messages()
        assert read.record() == written.record()
        assert {name: facts(each) for name, each in read.contexts().items()} == {
            name: facts(each) for name, each in written.contexts().items()
        }
        assert not read.dead_letters()
