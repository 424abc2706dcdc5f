from agents.customer.model import TIMERS, Timers
from agents.touch.model import LIVE_MILLIS, MAX_INTERACTIONS, TOUCH, Interaction, Touch, is_repeat
from tests.builders.contact import (
    answered_by,
    called,
    hung_up,
    left_queue,
    queued,
    typed,
    wrapped_up,
    wrote,
)
from tests.builders.day import HOUR, MINUTE, Day, a_customer


def touch(day: Day) -> Touch:
    found: Touch = day.machine.section(TOUCH, Touch)
    return found


def only(day: Day) -> Interaction:
    (interaction,) = touch(day).interactions
    return interaction


def test_a_call_is_known_from_its_start_to_its_wrapup() -> None:
    day = a_customer().who(called("i-1"), queued("i-1"), left_queue("i-1", "answered", 40), answered_by("i-1", "ag-7"))
    day.who(typed("i-1", "roaming"), hung_up("i-1"), wrapped_up("i-1", "unresolved", "roaming_price"))
    call = only(day)
    assert (call.channel, call.direction, call.agent_id, call.wait_seconds) == ("phone", "inbound", "ag-7", 40)
    assert (call.queue.text, call.ended.text, call.contact_outcome) == ("answered", "completed", "unresolved")
    assert call.reason_code == "roaming_price"


def test_a_call_goes_on_until_its_end_is_told() -> None:
    day = a_customer().who(called("i-1", "roaming"), answered_by("i-1", "ag-7"))
    live = day.context.live_interaction
    assert live is not None
    assert (live.interaction_id, live.reason_code, live.agent_id) == ("i-1", "roaming", "ag-7")
    day.who(hung_up("i-1"))
    assert day.context.live_interaction is None
    assert not day.machine.section(TOUCH, Touch).live(day.now)


def test_a_call_whose_end_is_never_told_is_over_after_four_hours_and_others_hear_of_it() -> None:
    day = a_customer().who(called("i-1"))
    material = day.machine.material
    day.now += LIVE_MILLIS - 1
    day.machine.advance(day.now)
    assert (day.machine.material, touch(day).live(day.now) is None) == (material, False)
    day.now += 1
    day.machine.advance(day.now)
    assert (day.machine.material, touch(day).live(day.now)) == (material + 1, None)


def test_an_end_takes_the_timer_back() -> None:
    day = a_customer().who(called("i-1"), hung_up("i-1"))
    assert TIMERS not in day.machine.stored


def test_an_end_told_before_the_start_still_ends_it() -> None:
    day = a_customer().who(hung_up("i-1"), called("i-1", ago=MINUTE))
    assert touch(day).live(day.now) is None
    assert only(day).began_at == day.now - MINUTE


def test_of_two_conversations_that_go_on_the_newer_is_live_and_the_older_after_it() -> None:
    day = a_customer().who(wrote("i-1"), called("i-2"))
    assert [each and each.interaction_id for each in [touch(day).live(day.now)]] == ["i-2"]
    day.who(hung_up("i-2"))
    assert [each and each.interaction_id for each in [touch(day).live(day.now)]] == ["i-1"]


def test_the_reason_is_the_newest_word_on_it() -> None:
    day = a_customer().who(called("i-1", "menu_4"), typed("i-1", "roaming"))
    day.who(typed("i-1", "older", ago=HOUR))
    assert only(day).reason_code == "roaming"


def test_what_the_agent_typed_counts_more_than_the_menu_at_the_same_time() -> None:
    day = a_customer()
    day.now += MINUTE
    for step in (typed("i-1", "roaming"), called("i-1", "zz_menu")):
        step(day)
    assert only(day).reason_code == "roaming"


def test_who_typed_the_reason_talks_to_them_unless_an_agent_joined_then_or_later() -> None:
    day = a_customer().who(called("i-1"), typed("i-1", "roaming", agent_id="ag-1"))
    assert only(day).agent_id == "ag-1"
    day.who(answered_by("i-1", "ag-2"), typed("i-1", "roaming", agent_id="ag-1", ago=MINUTE))
    assert only(day).agent_id == "ag-2"


def test_a_wrapup_that_names_no_reason_leaves_what_was_typed() -> None:
    day = a_customer().who(called("i-1"), typed("i-1", "roaming"), wrapped_up("i-1", "resolved"))
    assert only(day).reason_code == "roaming"


def test_waits_in_several_queues_add_up_and_the_last_says_how_it_ended() -> None:
    day = a_customer().who(called("i-1"), queued("i-1", "a"), left_queue("i-1", "answered", 40, "a"))
    day.who(queued("i-1", "b"))
    assert only(day).queue.text == "waiting"
    day.who(left_queue("i-1", "abandoned", 25, "b"))
    assert (only(day).queue.text, only(day).wait_seconds) == ("abandoned", 65)


def test_messages_are_counted_and_say_where_while_the_start_is_unknown() -> None:
    day = a_customer().who(wrote("i-1", "messenger"), wrote("i-1", "messenger"))
    assert (only(day).messages, only(day).channel) == (2, "messenger")
    day.who(called("i-1", channel="chat", ago=MINUTE), wrote("i-1", "app"))
    assert (only(day).messages, only(day).channel) == (3, "chat")


def test_the_newest_twenty_conversations_are_kept_and_the_timer_of_a_forgotten_one_goes() -> None:
    day = a_customer()
    for number in range(MAX_INTERACTIONS + 5):
        day.who(called(f"i-{number:02}"))
    assert touch(day).interactions[0].interaction_id == "i-05"
    assert len(day.machine.section(TIMERS, Timers).due) == MAX_INTERACTIONS


def test_the_context_shows_the_last_three_conversations_newest_last() -> None:
    day = a_customer().who(called("i-1"), called("i-2"), called("i-3"), called("i-4", "roaming"))
    day.who(wrapped_up("i-2", "escalated"))
    assert [(each.interaction_id, each.outcome) for each in day.context.contacts] == [
        ("i-2", "escalated"),
        ("i-3", "UNKNOWN"),
        ("i-4", "UNKNOWN"),
    ]


def test_a_queue_is_nothing_that_the_context_goes_out_for() -> None:
    day = a_customer().who(called("i-1"))
    material = day.machine.material
    day.who(queued("i-1"), left_queue("i-1", "answered", 5), wrote("i-1"))
    assert day.machine.material == material
    day.who(typed("i-1", "roaming"))
    assert day.machine.material == material + 1


def repeats(day: Day, interaction: str | None, reason: str | None, hours: int = 24) -> bool:
    return is_repeat(touch(day), interaction, reason, day.now - hours * HOUR)


def test_the_same_reason_in_another_conversation_is_a_repeat_whatever_its_capitals() -> None:
    day = a_customer().who(called("i-1", "Roaming"), hung_up("i-1"), called("i-2", "ROAMING"))
    assert repeats(day, "i-2", "roaming")
    assert not repeats(day, "i-2", "payment")


def test_the_first_of_two_conversations_is_no_repeat_of_the_second() -> None:
    day = a_customer().who(called("i-1", "roaming"), called("i-2", "roaming"))
    assert not repeats(day, "i-1", "roaming")


def test_the_same_reason_twice_in_one_conversation_is_no_repeat() -> None:
    day = a_customer().who(called("i-1", "roaming"), typed("i-1", "payment"), typed("i-1", "roaming"))
    assert not repeats(day, "i-1", "roaming")


def test_the_same_reason_before_the_window_is_no_repeat() -> None:
    day = a_customer().who(called("i-1", "roaming"))
    day.now += 25 * HOUR
    day.who(called("i-2", "roaming"))
    assert not repeats(day, "i-2", "roaming")
    assert repeats(day, "i-2", "roaming", hours=26)


def test_a_call_of_the_operators_is_not_coming_back() -> None:
    day = a_customer().who(called("i-1", "roaming", direction="outbound"), called("i-2", "roaming"))
    assert not repeats(day, "i-2", "roaming")


def test_outside_a_conversation_every_earlier_one_counts() -> None:
    day = a_customer().who(called("i-1", "roaming"))
    assert repeats(day, None, "roaming")
    assert not repeats(day, None, None)
    assert not is_repeat(None, None, "roaming", 0)
