"""A law of what waits: a warning is true when it goes out, however long ago it was wanted and whatever came since."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from agents.balance.model import Money
from schemas.records import AutopayChanged, BalanceChanged, PromisedPaymentOpened, PromisedPaymentRepaid, Requested
from tests.builders.day import HOUR, MINUTE, Day, a_customer

ACCOUNTS = st.sampled_from(["a-1", "a-2"])
AMOUNTS = st.sampled_from([20, 50, 100, 150])
MINOR = st.sampled_from([10, 20, 40, 50, 90, 100, 120, 150])
BALANCES = st.tuples(ACCOUNTS, MINOR, st.sampled_from([1, 1, 1, 0, -1]), st.sampled_from([False, False, True]))
ACTS = st.lists(
    st.one_of(
        # A strategy of its own each: often enough for falls and rises to follow each other.
        *(st.tuples(st.just("balance"), BALANCES) for _ in range(8)),
        st.tuples(st.just("currency"), ACCOUNTS),
        st.tuples(st.just("autopay"), st.tuples(ACCOUNTS, st.booleans())),
        st.tuples(st.just("promise"), st.tuples(ACCOUNTS, st.integers(0, 12))),
        st.tuples(st.just("repay"), ACCOUNTS),
        st.tuples(st.just("levels"), st.lists(AMOUNTS, min_size=1, max_size=2)),
        st.tuples(st.just("wait"), st.integers(1, 120)),
    ),
    min_size=4,
    max_size=30,
)


class Truth:
    """What billing said last of each account, by version."""

    def __init__(self) -> None:
        self.day = a_customer().with_quiet_hours(22 * 60, 8 * 60).with_levels(("low", 100, "RUB"), topup=10)
        self.newest: dict[str, tuple[int, int, str]] = {}
        self.seen = 0

    def balance(self, account: str, minor: int, ahead: int, currency: str = "RUB", *, is_silent: bool = False) -> None:
        """Say a balance; with `ahead` of 0 or less the version is one that was overtaken."""
        version = max(self.newest.get(account, (0, 0, ""))[0] + ahead, 0)
        said = (version, minor, currency)
        if account not in self.newest or version > self.newest[account][0]:
            self.newest[account] = said
        fields: dict[str, Any] = {"balance_minor": minor, "currency": currency, "balance_version": version}
        self.day.happens(BalanceChanged, account_id=account, is_silent=is_silent, **fields)

    def check(self) -> None:
        """Look at what was requested since the last time."""
        for request in self.day.requests[self.seen :]:
            assert is_true(request, self.day, self.newest)
        self.seen = len(self.day.requests)


def is_true(request: Requested, day: Day, newest: dict[str, tuple[int, int, str]]) -> bool:
    account, level = str(request.parameters["account_id"]), request.parameters["level_minor"]
    assert isinstance(level, int)
    _, minor, currency = newest[account]
    is_covered = day.machine.section(f"money:{account}", Money).is_covered(request.decided_at)
    return minor < level and currency == request.parameters["currency"] and not is_covered


def pass_time(day: Day, millis: int) -> None:
    day.now += millis
    day.machine.advance(day.now)


def act(truth: Truth, name: str, what: Any) -> None:
    day = truth.day
    if name == "balance":
        account, minor, ahead, is_silent = what
        truth.balance(account, minor, ahead, is_silent=is_silent)
    elif name == "currency":
        truth.balance(what, 90, 1, "EUR")
    elif name == "autopay":
        day.happens(AutopayChanged, account_id=what[0], is_enabled=what[1])
    elif name == "promise":
        fields = {"promise_id": "p-1", "amount_minor": 5, "currency": "RUB", "due_at": day.now + what[1] * HOUR}
        day.happens(PromisedPaymentOpened, account_id=what[0], **fields)
    elif name == "repay":
        day.happens(PromisedPaymentRepaid, account_id=what, promise_id="p-1")
    elif name == "levels":
        day.with_levels(*((f"l-{place}", amount, "RUB") for place, amount in enumerate(what)), topup=10)


@settings(max_examples=300, deadline=None)
@given(ACTS)
def test_a_warning_is_true_when_it_goes_out(acts: list[tuple[str, Any]]) -> None:
    truth = Truth()
    truth.day.at("2026-03-10 22:30")
    for account in ("a-1", "a-2"):
        truth.balance(account, 120, 1)
    for name, what in acts:
        pass_time(truth.day, what * MINUTE if name == "wait" else 1000)
        truth.check()  # what was released is true by what was known before
        act(truth, name, what)
        truth.check()
    pass_time(truth.day, 10 * HOUR)
    truth.check()
