"""Laws of the whole hub about rules that raise: the event is put aside whole, and all else is as without it."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from agents.customer.decide import Decisions
from agents.customer.model import Customer, Handler, Moment
from agents.message.model import Effect
from hub.composition import decisions
from schemas import records as r
from tests.builders.hub import HubRun, facts, tick
from tests.builders.recorded import RecordedTimeline
from tests.builders.stories import LAW, Story, stories

IDENTITY = (r.IdentifierLinked, r.IdentifierUnlinked)
"""Resolve has learned from these before a rule of the customer's sees them."""


def choking_on(event_id: str) -> Decisions:
    """Return the hub's rules, each of which changes the record as ever and then raises on that event."""

    def choking(right: Handler) -> Handler:
        def handler(customer: Customer, event: Any, moment: Moment) -> Iterator[Effect]:
            yield from right(customer, event, moment)
            if event.event_id == event_id:
                raise ZeroDivisionError

        return handler

    def planted(capability: Any) -> Any:
        return replace(capability, handlers={kind: choking(right) for kind, right in capability.handlers.items()})

    right = decisions()
    return replace(right, capabilities=tuple(planted(capability) for capability in right.capabilities))


def outcome(run: HubRun) -> tuple[Any, ...]:
    return run.messages(), run.record(), {name: facts(context) for name, context in run.contexts().items()}


@settings(LAW, max_examples=80)
@given(stories(), st.data())
def test_an_event_that_a_rule_chokes_on_is_put_aside_whole_and_all_else_is_as_without_it(
    story: Story, data: st.DataObject
) -> None:
    places = [place for place, told in enumerate(story.told) if not isinstance(told.event, IDENTITY)]
    assume(places)
    place = data.draw(st.sampled_from(places))
    log = [*story.eve(), *story.in_order(), *story.end()]
    (bad,) = story.in_order()[place]
    without = [[tick(post.at) if post == bad else post for post in slice_] for slice_ in log]
    rules = choking_on(story.told[place].event.event_id)
    choked, spared = HubRun(decided=rules).play(log), HubRun().play(without)
    at_once = HubRun(decided=rules, only="customer", broker=RecordedTimeline(choked)).play([])
    for run in (choked, at_once):
        (dead,) = run.dead_letters()
        assert dead.topic == f"{bad.topic}.dlq"
        assert (dead.key, dead.value) == (bad.key, bad.value)
        assert dict(dead.headers)["hub_reason"] == b"rule-failed"
        assert outcome(run) == outcome(spared)
