from agents.customer.model import LONGEST_ID
from agents.touch.digital import DIGITAL, Deed, Digital, Done
from agents.touch.model import INTENT_SECONDS, MAX_INTENTS, TOUCH, Touch, wants
from schemas.records import (
    AppInstalled,
    FormSubmitted,
    LoggedIn,
    PermissionGranted,
    ScreenViewed,
    SessionStarted,
)
from tests.builders.contact import happened, searched
from tests.builders.day import MINUTE, Day, a_customer


def wanted(day: Day) -> tuple[str, ...]:
    return wants(day.machine.section(TOUCH, Touch), day.now)


def done(day: Day) -> dict[Deed, Done]:
    found: Digital = day.machine.section(DIGITAL, Digital)
    return dict(found.done)


def test_a_search_says_what_the_customer_wants_for_a_while() -> None:
    day = a_customer().who(searched("Roaming in Turkey"))
    assert wanted(day) == ("Roaming in Turkey",)
    assert [(each.words, each.until) for each in day.context.intents] == [
        ("Roaming in Turkey", day.now + 1000 * INTENT_SECONDS)
    ]
    day.now += 1000 * INTENT_SECONDS
    assert wanted(day) == ()
    assert day.context.intents == ()


def test_the_same_words_again_count_for_longer_and_once() -> None:
    day = a_customer().who(searched("roaming"))
    day.now += MINUTE
    day.who(searched("other"), searched("ROAMING"))
    assert wanted(day) == ("other", "ROAMING")


def test_the_newest_searches_are_kept() -> None:
    day = a_customer().who(*(searched(f"q-{number}") for number in range(MAX_INTENTS + 2)))
    assert wanted(day)[0] == "q-2"
    assert len(wanted(day)) == MAX_INTENTS


def test_of_a_text_pasted_into_the_field_the_beginning_counts() -> None:
    day = a_customer().who(searched("x" * 1000))
    assert wanted(day) == ("x" * LONGEST_ID,)


def test_a_search_for_nothing_wants_nothing() -> None:
    day = a_customer().who(searched("  "))
    assert wanted(day) == ()
    assert list(done(day)) == ["search"]


def test_a_search_that_no_longer_counts_is_nothing_that_the_context_goes_out_for() -> None:
    day = a_customer().who(searched("roaming"))
    material = day.machine.material
    day.who(searched("old", ago=2000 * INTENT_SECONDS))
    assert day.machine.material == material


def test_everything_done_in_the_app_is_kept_as_the_newest_of_its_kind() -> None:
    day = a_customer().who(
        happened(SessionStarted, session_id="s", surface="app", device="phone"),
        happened(ScreenViewed, session_id="s", surface="app", screen="tariffs", product_id="p-1"),
        happened(AppInstalled, product_id="p-2", device="tablet"),
        happened(PermissionGranted, product_id="p-2", permission="notifications"),
        happened(LoggedIn, session_id="s", surface="web"),
        happened(FormSubmitted, session_id="s", surface="web", form_id="f-1"),
    )
    assert {deed: (each.surface, each.what, each.product_id) for deed, each in done(day).items()} == {
        "session": ("app", "phone", ""),
        "screen": ("app", "tariffs", "p-1"),
        "install": ("UNKNOWN", "tablet", "p-2"),
        "permission": ("UNKNOWN", "notifications", "p-2"),
        "login": ("web", "", ""),
        "form": ("web", "f-1", ""),
    }
    assert not [name for name in day.machine.stored if name == TOUCH]


def test_an_older_screen_changes_nothing() -> None:
    day = a_customer().who(happened(ScreenViewed, session_id="s", surface="app", screen="new"))
    before = done(day)
    day.who(happened(ScreenViewed, session_id="s", surface="web", screen="old", ago=MINUTE))
    assert done(day) == before
