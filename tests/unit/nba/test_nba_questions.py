"""Who asked finds the answer by what they know."""

from tests.builders.day import a_customer
from tests.builders.offers import an_offer, asked, decisions, offered


def test_a_channel_finds_the_answer_by_its_own_question() -> None:
    day = offered(a_customer(), an_offer("a")).who(asked(request_id="mine-7"))
    (decision,) = decisions(day)
    assert decision.channel_request_id == "mine-7"
    assert decision.cause_event_id
    assert decision.cause_source
