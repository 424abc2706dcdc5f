from agents.customer.model import encode_section
from agents.outage.model import NETWORK, Impact, Network
from schemas.wire import decode, encode
from tests.builders.contact import answered_by, bought, called, opened_ticket, searched
from tests.builders.day import Day, a_customer
from tests.builders.offers import an_offer, decisions, offered


def in_impacts(day: Day, **impacts: Impact) -> Day:
    day.machine.stored[NETWORK] = encode_section(Network(impacts=impacts)) or b""
    return day


def everything() -> Day:
    day = offered(a_customer(), an_offer("a"), an_offer("b"))
    day.who(bought("p-1", "smart", is_tariff=True), opened_ticket("t-1"), searched("roaming"))
    day.who(called("i-1", "roaming"), answered_by("i-1", "ag-1"))
    return in_impacts(day, o=Impact("open", 1, ["tv"], 5, eta=9, cause_public="a cable"))


def test_only_outages_that_are_open_are_shown_the_oldest_first() -> None:
    day = in_impacts(
        a_customer(),
        c=Impact("open", 1, ["tv"], 5),
        b=Impact("open", 1, ["tv"], 6),
        planned=Impact("planned", 1, ["tv"], 1),
        over=Impact("over", 1, ["tv"], 2, 3),
    )
    assert [(each.outage_id, each.since) for each in day.context.outages] == [("c", 5), ("b", 6)]


def test_what_was_offered_last_is_shown() -> None:
    day = everything()
    shown = day.context.last_decision
    assert shown is not None
    assert shown.decision_id == decisions(day)[-1].decision_id
    assert shown.action_ids == tuple(action.action_id for action in decisions(day)[-1].actions)


def test_a_context_with_everything_of_a_conversation_is_one_that_the_contract_takes() -> None:
    context = everything().context
    assert context.tariff
    assert context.products
    assert context.outages
    assert context.tickets
    assert context.contacts
    assert context.live_interaction
    assert context.intents
    assert decode(encode(context)) == context
