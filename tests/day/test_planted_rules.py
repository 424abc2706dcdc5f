"""The reconciliation bites: the day is right with the hub's rules, and wrong with any one of them planted wrong."""

from typing import Any

import pytest
from msgspec.structs import replace

from agents.balance import rules as balance
from agents.balance.model import Money
from agents.context.rules import view
from agents.customer import decide, dedup, outputs
from agents.customer.config import ConfigBook
from agents.customer.model import Moment
from agents.identity.model import interval_at
from agents.mailbox import rules as mailbox
from agents.message import arbitration, caps, verdict
from agents.message import rules as message
from agents.profile import rules as profile
from agents.profile.model import CORE, Core
from agents.resolve import fold as resolve
from agents.resolve import owners
from agents.usage import rules as usage
from hub import composition
from operator_day.plan import DayPlan
from operator_day.report import Report
from tests.day import planted
from tests.day.planted import Plant, returning


async def a_day(seed: int = 1) -> Report:
    """Live a small day of everything."""
    return await planted.a_day(DayPlan(seed=seed, customers=200, bursts=20))


@pytest.mark.parametrize("seed", range(3))
async def test_a_day_is_right_with_the_hubs_own_rules(seed: int) -> None:
    report = await a_day(seed)
    assert report.findings == ()
    assert report.is_right


def doubled_usage(patch: pytest.MonkeyPatch) -> None:
    right = usage.on_usage_rated

    def wrong(customer: Any, event: Any, moment: Any) -> Any:
        right(customer, event, moment)
        return right(customer, event, moment)

    patch.setattr(usage, "on_usage_rated", wrong)


def latest_link_whenever(patch: pytest.MonkeyPatch) -> None:
    right = interval_at
    patch.setattr(owners, "interval_at", lambda links, at: right(links, at + 10**12) or right(links, at))


def deaf_to_late(patch: pytest.MonkeyPatch) -> None:
    right = Moment
    patch.setattr(decide, "Moment", lambda now, _silent, *rest: right(now, False, *rest))  # noqa: FBT003


def without_failures(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(message, "on_failed", message.on_delivered)


def keeps_first_config(patch: pytest.MonkeyPatch) -> None:
    right = ConfigBook.activate

    def wrong(self: ConfigBook, activated: Any, unit: Any) -> None:
        if activated.version == 1:
            right(self, activated, unit)

    patch.setattr(ConfigBook, "activate", wrong)


def twice(patch: pytest.MonkeyPatch) -> None:
    right = outputs.Outputs.finish

    def wrong(self: Any, work: Any, now: Any, config: Any, unit: Any) -> None:
        work.emits = [emit for emit in work.emits for _ in range(2)]
        right(self, work, now, config, unit)

    patch.setattr(outputs.Outputs, "finish", wrong)


def first_profile_stays(patch: pytest.MonkeyPatch) -> None:
    right = profile.on_customer_upserted

    def wrong(customer: Any, event: Any, moment: Any) -> Any:
        known = customer.peek(CORE, Core)
        return () if known is not None and known.updated_at else right(customer, event, moment)

    patch.setattr(profile, "on_customer_upserted", wrong)


def shows_no_accounts(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(composition, "view", lambda *known: replace(view(*known), accounts=()))


PLANTED: dict[str, Plant] = {
    "identity: events go to today's owner": latest_link_whenever,
    "identity: a link does not open the mailbox": returning(mailbox, "claim", ()),
    "identity: a mailbox has no bound": lambda patch: patch.setattr(mailbox, "MAX_LETTERS", 10**6),
    "identity: unclaimed events wait for ever": returning(mailbox, "expire", ()),
    "resolve: any age is welcome": returning(resolve, "check_time", None),
    "resolve: any size is welcome": returning(resolve, "check_size", None),
    "customer: duplicates are applied": returning(dedup.Seen, "was_seen", value=False),
    "customer: late events warn": deaf_to_late,
    "customer: outputs go twice": twice,
    "profile: the first word stays": first_profile_stays,
    "usage: counted twice": doubled_usage,
    "balance: no hysteresis": returning(balance, "rearm_risen", value=True),
    "balance: nothing re-arms": returning(balance, "rearm_paid", value=False),
    "balance: nothing covers": lambda patch: patch.setattr(Money, "is_covered", lambda *_: False),
    "balance: everything covers": lambda patch: patch.setattr(Money, "is_covered", lambda *_: True),
    "balance: no minimum gap": returning(balance, "wants_message", value=True),
    "balance: a held warning goes out although money came": returning(arbitration, "withdraw_held", ()),
    "message: consent is not asked": returning(verdict, "is_allowed", value=True),
    "message: the night is not quiet": returning(verdict, "_quiet_end", None),
    "message: caps do not count": lambda patch: patch.setattr(caps, "_is_used_up", lambda *_: False),
    "message: a failure keeps its slot": without_failures,
    "message: nothing is withdrawn": returning(message, "withdraw", ()),
    "message: holds are never released": returning(message, "on_hold_due", ()),
    "message: holds end at once": lambda patch: patch.setattr(arbitration, "MAX_HELD", 0),
    "config: the first version stays": keeps_first_config,
    "context: accounts are not shown": shows_no_accounts,
}


@pytest.mark.parametrize("plant", PLANTED.values(), ids=PLANTED.keys())
async def test_a_rule_planted_wrong_is_found(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch)
    report = await a_day()
    assert not report.is_right
