import msgspec
import pytest

from agents.customer.model import encode_section
from agents.nba.model import NBA, Decision, Given, Nba, Pending, Question, Ranked
from agents.outage.model import NETWORK, Attachment, Network, Outage, Outages, Point
from agents.screenpop.rules import FRESH_MILLIS, SCREENPOPS
from schemas.records import CustomerUpserted, Gate, ScreenPop
from schemas.wire import decode, encode
from tests.builders.contact import bought, called, happened, hung_up, opened_ticket, typed, wrapped_up
from tests.builders.day import HOUR, MINUTE, Day, a_customer, after, charged, has_balance
from tests.builders.offers import an_offer, decisions, offered


def pops(day: Day) -> list[ScreenPop]:
    return [each.record for each in day.machine.emitted if isinstance(each.record, ScreenPop)]


def pop(day: Day) -> ScreenPop:
    (only,) = pops(day)
    return only


def keep(day: Day, name: str, section: msgspec.Struct) -> Day:
    day.machine.stored[name] = encode_section(section) or b""
    return day


def in_outages(day: Day, *outages: Outage) -> Day:
    day.machine.config = day.machine.config.with_outages(Outages(outages))
    return keep(day, NETWORK, Network({"s-1": Attachment(["home_internet"], [Point("port-1", 0)], 0, "e")}))


def outage(outage_id: str, started_at: int, leaf: str = "port-1") -> Outage:
    return Outage(outage_id, 1, "open", frozenset({leaf}), ("home_internet",), "major", started_at, 0, eta=9)


def decided(interaction: str, gate: Gate | None = None) -> Nba:
    decision = Decision("d-1", interaction, "phone", gate, 0, 0, [Given("a-1", 0)])
    return Nba([decision], [Ranked(1, "a-1", "Roaming", "sales", 5, 10, is_prior=False, grounds=None)])


def everything() -> Day:
    """A customer with something of every kind, the least urgent first."""
    day = a_customer().who(
        happened(CustomerUpserted, customer_id="c-1", first_name="Anna", language="ru"),
        bought("p-1", "smart", is_tariff=True),
        has_balance(50_00),
        charged(7_00),
        opened_ticket("t-1"),
    )
    return in_outages(keep(day, NBA, decided("i-1")), outage("o-2", 2), outage("o-1", 1), outage("o-0", 0, "port-9"))


def test_the_screen_shows_who_they_are_and_what_they_have() -> None:
    shown = pop(everything().who(called("i-1", "roaming", channel="chat")))
    assert (shown.customer_id, shown.interaction_id, shown.channel) == ("c-1", "i-1", "chat")
    assert (shown.first_name, shown.language, shown.tariff) == ("Anna", "ru", "The smart")
    assert (shown.balance_minor, shown.currency, shown.activation) == (50_00, "RUB", 7)


def test_an_outage_comes_first_and_it_is_the_oldest_of_those_they_are_in() -> None:
    shown = pop(everything().who(called("i-1")))
    assert shown.first == "outage"
    assert shown.outage is not None
    assert (shown.outage.outage_id, shown.outage.since, shown.outage.eta) == ("o-1", 1, 9)
    assert (shown.ticket and shown.ticket.ticket_id, shown.charge and shown.charge.charge_id) == ("t-1", "ch-1")
    assert [each.action_id for each in shown.actions] == ["a-1"]


def test_a_ticket_comes_first_when_there_is_no_outage_and_it_is_the_oldest() -> None:
    day = a_customer().who(charged(7_00), opened_ticket("t-1"), opened_ticket("t-2"))
    shown = pop(keep(day, NBA, decided("i-1")).who(called("i-1")))
    assert shown.first == "ticket"
    assert shown.ticket is not None
    assert shown.ticket.ticket_id == "t-1"


def test_a_charge_of_the_last_day_comes_first_when_nothing_is_broken() -> None:
    day = a_customer().who(charged(7_00, "ch-1"), charged(9_00, "ch-2", "a-2"))
    shown = pop(keep(day, NBA, decided("i-1")).who(called("i-1")))
    assert shown.first == "charge"
    assert shown.charge is not None
    assert (shown.charge.charge_id, shown.charge.amount_minor, shown.charge.unit_price_minor) == ("ch-2", 9_00, 250)


def test_an_older_charge_is_shown_after_what_there_is_to_offer() -> None:
    day = keep(a_customer().who(charged(7_00)), NBA, decided("i-1"))
    day.now += FRESH_MILLIS + 1
    shown = pop(day.who(called("i-1")))
    assert (shown.first, shown.charge is None) == ("actions", False)


def test_nothing_comes_first_when_there_is_nothing() -> None:
    shown = pop(a_customer().who(called("i-1")))
    assert shown.first == "nothing"
    assert (shown.outage, shown.ticket, shown.charge, shown.decision_id, shown.gate) == (None, None, None, None, None)
    assert (shown.contacts, shown.actions, shown.is_repeat) == ((), (), False)


def test_the_decision_is_the_one_made_in_this_conversation() -> None:
    day = keep(a_customer(), NBA, decided("i-1", "ticket")).who(called("i-1"), called("i-2"))
    assert [(each.decision_id, each.gate, len(each.actions)) for each in pops(day)] == [
        ("d-1", "ticket", 1),
        (None, None, 0),
    ]


def test_what_is_decided_as_the_conversation_begins_is_on_its_screen() -> None:
    day = offered(a_customer(), an_offer("a"), an_offer("b", value_minor=200_00)).who(called("i-1"))
    (decision,) = decisions(day)
    assert (pop(day).decision_id, pop(day).actions) == (decision.decision_id, decision.actions)
    assert [action.action_id for action in pop(day).actions] == ["b", "a"]


def test_what_speaks_against_selling_is_shown_where_nothing_is_decided() -> None:
    assert pop(in_outages(a_customer(), outage("o-1", 1)).who(opened_ticket("t-1"), called("i-1"))).gate == "outage"
    assert pop(a_customer().who(opened_ticket("t-1"), called("i-1"))).gate == "ticket"
    assert pops(a_customer().who(called("i-1", "x"), called("i-2", "x")))[-1].gate == "repeat_contact"


def test_while_a_scorer_is_asked_the_gate_is_shown_and_no_action() -> None:
    question = Question("r-1", "contact_started", "phone", "i-1")
    day = keep(a_customer(), NBA, Nba(pending={"r-1": Pending(question, 10**15, "outage")})).who(called("i-1"))
    assert (pop(day).decision_id, pop(day).gate, pop(day).actions) == (None, "outage", ())


def test_the_last_three_conversations_before_this_one_are_shown_newest_first() -> None:
    day = a_customer().who(*(called(f"i-{number}") for number in range(5)), wrapped_up("i-3", "unresolved", "roaming"))
    shown = pops(day.who(called("i-9")))[-1]
    assert [each.interaction_id for each in shown.contacts] == ["i-4", "i-3", "i-2"]
    assert (shown.contacts[1].outcome, shown.contacts[1].reason_code) == ("unresolved", "roaming")


def test_who_comes_for_the_same_reason_again_is_marked() -> None:
    day = a_customer().who(called("i-1"), typed("i-1", "Roaming"), hung_up("i-1"), called("i-2", "roaming"))
    assert [each.is_repeat for each in pops(day)] == [False, True]
    assert not pops(day.who(called("i-3", "payment")))[-1].is_repeat


def test_a_reason_told_before_the_start_counts() -> None:
    day = a_customer().who(called("i-1", "roaming"), typed("i-2", "roaming"), called("i-2"))
    assert pops(day)[-1].is_repeat


@pytest.mark.parametrize("direction", ["outbound", "UNKNOWN"])
def test_a_conversation_that_the_customer_did_not_begin_has_no_screen(direction: str) -> None:
    assert pops(a_customer().who(called("i-1", direction=direction))) == []


def test_a_start_that_is_told_late_has_no_screen() -> None:
    assert pops(a_customer().who(called("i-1", ago=2 * HOUR, is_silent=True))) == []


def test_a_start_told_twice_has_one_screen() -> None:
    assert len(pops(a_customer().who(called("i-1"), called("i-1", ago=MINUTE)))) == 1


def test_a_conversation_has_one_id_for_its_screen_and_another_conversation_another() -> None:
    def ids(*interactions: str) -> list[str]:
        day = a_customer().who(*(called(each) for each in interactions))
        return [each.id for each in day.machine.emitted if each.topic == SCREENPOPS]

    assert ids("i-1") == ids("i-1")
    assert len({*ids("i-1", "i-2")}) == 2


def test_a_screen_full_of_everything_is_one_that_the_contract_takes() -> None:
    shown = pop(everything().who(called("i-1", "roaming")))
    assert decode(encode(shown)) == shown


def test_an_account_without_a_balance_says_so() -> None:
    shown = pop(a_customer().who(charged(1)).who(called("i-1")))
    assert (shown.balance_minor, shown.currency) == (None, None)


def test_the_balance_shown_is_of_the_account_heard_of_last_that_day() -> None:
    day = a_customer().who(has_balance(10_00, "a-1"), after(hours=1), has_balance(20_00, "a-2"), called("i-1"))
    assert pops(day)[-1].balance_minor == 20_00
    day.who(after(hours=1), has_balance(30_00, "a-1"), called("i-2"))
    assert pops(day)[-1].balance_minor == 30_00
