from agents.context.rules import view
from agents.customer.model import Cause, Moment
from schemas.wire import decode, encode
from tests.builders.day import (
    a_customer,
    after,
    charged,
    enabled_autopay,
    granted,
    has_balance,
    opened_promise,
    spent,
    used,
)
from tests.builders.kept import customer_with


class Count:
    """Events of a topic."""

    def __init__(self, applied: int, duplicate: int) -> None:
        self.applied, self.duplicate = applied, duplicate


def test_a_customer_of_whom_nothing_is_known_has_an_empty_context() -> None:
    day = a_customer()
    empty = view(customer_with({}, "c-9"), Moment(5, False, Cause("e", "s"), 0, day.machine.config), {}, 1, ())  # noqa: FBT003
    assert (empty.customer_id, empty.version, empty.decided_at, empty.activation) == ("c-9", 1, 5, 7)
    assert (empty.identifiers, empty.accounts, empty.usage, empty.consents, empty.counts) == ((), (), (), (), ())


def test_counts_are_shown_by_topic() -> None:
    day = a_customer()
    moment = Moment(5, False, Cause("e", "s"), 0, day.machine.config)  # noqa: FBT003
    shown = view(customer_with({}, "c-9"), moment, {"b": Count(1, 2), "a": Count(3, 0)}, 4, ["core"])
    assert [(each.topic, each.applied, each.duplicate) for each in shown.counts] == [("a", 3, 0), ("b", 1, 2)]
    assert shown.changed_sections == ("core",)


def test_an_account_is_shown_with_all_that_explains_it() -> None:
    day = a_customer().with_balance(150_00).who(opened_promise(10_00), charged(60_00), spent(60_00), enabled_autopay())
    (account,) = day.context.accounts
    assert (account.balance_minor, account.currency, account.balance_version) == (90_00, "RUB", 2)
    assert (account.lowest_level, account.is_autopay_enabled, account.spend_30d_minor) == ("low", True, 60_00)
    assert account.promise is not None
    assert (account.promise.promise_id, account.promise.state) == ("p-1", "open")
    assert [(each.charge_id, each.units, each.unit_price_minor) for each in account.charges] == [("ch-1", 60, 250)]


def test_an_account_without_a_balance_says_so() -> None:
    (account,) = a_customer().who(charged(1)).context.accounts
    assert (account.balance_minor, account.currency, account.balance_version) == (None, None, None)


def test_a_context_full_of_everything_is_one_that_the_contract_takes() -> None:
    day = a_customer().with_balance(150_00).who(spent(60_00), opened_promise(5), charged(5), used("data", 5))
    context = day.who(granted("survey", "sms"), has_balance(5, "a-2"), after(hours=1)).in_zone("Asia/Omsk").context
    assert decode(encode(context)) == context


def test_looking_at_a_customer_changes_nothing() -> None:
    day = a_customer().with_balance(150_00).who(used("data", 5))
    customer = customer_with(day.machine.stored)
    view(customer, Moment(day.now, False, Cause("e", "s"), 0, day.machine.config), {}, 1, ())  # noqa: FBT003
    assert customer.encode_changed() == {}
