"""Laws of the contact policy, each against an oracle that is too simple to share a mistake with it."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from agents.message.model import Notice
from schemas.records import (
    Cap,
    ConsentGranted,
    ConsentRevoked,
    CustomerUpserted,
    MessageAccepted,
    MessageDelivered,
    MessageFailed,
    PreferenceSet,
    QuietHours,
    Requested,
    Suppressed,
)
from tests.builders.day import HOUR, MINUTE, Day, a_customer

DAY = 24 * HOUR
ZONES = ["Europe/Berlin", "Asia/Kamchatka", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "UTC"]
CAPS = st.lists(
    st.builds(
        Cap,
        window_seconds=st.sampled_from([3600, 86_400]),
        message_class=st.sampled_from([None, "service", "critical"]),
        channel=st.sampled_from([None, "sms", "push"]),
        limit=st.sampled_from([None, 0, 1, 2, 3]),
    ),
    max_size=3,
)
REPORTS = {"accepted": MessageAccepted, "delivered": MessageDelivered, "failed": MessageFailed}
ACTS = st.lists(
    st.one_of(
        st.tuples(st.just("want"), st.integers(0, 30)),
        st.tuples(st.just("wait"), st.integers(1, 600)),
        *(st.tuples(st.just(report), st.integers(0, 30)) for report in REPORTS),
    ),
    max_size=60,
)


def want(day: Day, phase: int, useful: int = 10 * DAY) -> None:
    """Want a message; the same phase is the same message within a day, and is known for three."""
    day.machine.want(Notice("balance.low", "a-1", f"{phase}@{day.now // DAY}", {}, day.now + useful), day.now)


class Ledger:
    """What was sent, and what of it counts against the caps."""

    def __init__(self, caps: list[Cap]) -> None:
        self.caps = [cap for cap in caps if cap.limit is not None and cap.message_class in (None, "service")]
        self.sends: list[dict[str, Any]] = []

    def count(self, cap: Cap, now: int) -> int:
        return sum(
            1
            for send in self.sends
            if now - cap.window_seconds * 1000 < send["at"] <= now
            and not send["failed"]
            and (cap.channel is None or cap.channel in send["channels"])
        )

    def open_channels(self, now: int) -> set[str]:
        full = [cap.channel for cap in self.caps if cap.limit is not None and self.count(cap, now) >= cap.limit]
        return {channel for channel in ("sms", "push") if not {None, channel}.intersection(full)}

    def want(self, day: Day, phase: int) -> None:
        open_, seen, suppressed = self.open_channels(day.now), len(day.requests), len(day.suppressions)
        want(day, phase)
        for request in day.requests[seen:]:
            assert set(request.channels) == open_
            self.sends.append({"at": day.now, "failed": False, "is_over": False, "channels": set(request.channels)})
        assert not open_ or len(day.suppressions) == suppressed

    def report(self, day: Day, act: str, number: int) -> None:
        """Report on a message; after one that ends it a sane gateway says no more."""
        if number >= len(self.sends) or self.sends[number]["is_over"]:
            return
        send = self.sends[number]
        channel = min(send["channels"])
        day.happens(REPORTS[act], message_id=day.requests[number].message_id, channel=channel)
        send["failed"], send["is_over"] = act == "failed", act != "accepted"
        send["channels"] = send["channels"] if act == "failed" else {channel}


@settings(max_examples=200, deadline=None)
@given(CAPS, ACTS)
def test_no_cap_is_ever_exceeded_and_none_stops_more_than_it_must(caps: list[Cap], acts: list[tuple[str, int]]) -> None:
    day, ledger = a_customer().with_address("push"), Ledger(caps)
    for cap in caps:
        hours = cap.window_seconds // 3600
        day.with_cap(cap.limit, hours, message_class=cap.message_class, channel=cap.channel)
    for act, argument in acts:
        day.now += 1
        if act == "wait":
            day.now += argument * MINUTE
        elif act == "want":
            ledger.want(day, argument)
        else:
            ledger.report(day, act, argument)
        assert all(cap.limit is not None and ledger.count(cap, day.now) <= cap.limit for cap in ledger.caps)
    requested = [request.message_id for request in day.requests]
    assert len(requested) == len(set(requested))


NIGHTS = st.tuples(st.integers(0, 1439), st.integers(0, 1439))
CONTACTS = st.lists(
    st.one_of(
        st.tuples(st.just("want"), st.integers(0, 20)),
        st.tuples(st.just("wait"), st.integers(1, 900)),
        st.tuples(st.just("grant"), st.sampled_from(["sms", "push"])),
        st.tuples(st.just("revoke"), st.sampled_from(["sms", "push"])),
        st.tuples(st.just("prefer"), NIGHTS),
        st.tuples(st.just("move"), st.sampled_from(ZONES)),
    ),
    max_size=40,
)


@settings(max_examples=200, deadline=None)
@given(NIGHTS, st.integers(0, 365), CONTACTS)
def test_nothing_is_sent_in_quiet_hours_or_without_consent_and_nothing_twice(
    night: tuple[int, int], start: int, acts: list[tuple[str, Any]]
) -> None:
    day = a_customer().with_address("push").told_as("marketing", "sms", "push").with_quiet_hours(*night)
    day.now += start * DAY
    granted, zone, quiet = set[str](), "UTC", night
    do: dict[str, Callable[[Any], None]] = {
        "want": lambda phase: want(day, phase, DAY),
        "wait": lambda minutes: day.machine.advance(day.now),  # noqa: ARG005
        "grant": lambda channel: day.happens(ConsentGranted, message_class="marketing", channel=channel),
        "revoke": lambda channel: day.happens(ConsentRevoked, message_class="marketing", channel=channel),
        "prefer": lambda own: day.happens(PreferenceSet, quiet_from_minute=own[0], quiet_to_minute=own[1]),
        "move": lambda name: day.happens(CustomerUpserted, customer_id="c-1", timezone=name),
    }
    for act, argument in acts:
        day.now += argument * MINUTE if act == "wait" else 1
        seen = len(day.requests)
        do[act](argument)  # what waited is released by the state before the act
        for request in day.requests[seen:]:
            assert is_awake(request, quiet, zone)
            assert set(request.channels) <= granted
        if act in ("grant", "revoke"):
            granted = granted | {argument} if act == "grant" else granted - {argument}
        quiet = argument if act == "prefer" else quiet
        zone = argument if act == "move" else zone
    records = [each.record for each in day.machine.emitted]
    decided = [record.message_id for record in records if isinstance(record, Requested | Suppressed)]
    assert len(decided) == len(set(decided))


def is_awake(request: Requested, quiet: tuple[int, int], zone: str) -> bool:
    local = datetime.fromtimestamp(request.decided_at / 1000, ZoneInfo(zone))
    minute, (begin, end) = local.hour * 60 + local.minute, quiet
    asleep = {(begin + step) % 1440 for step in range((end - begin) % 1440)}
    return minute not in asleep


@settings(max_examples=100, deadline=None)
@given(CAPS, ACTS, st.integers(2, 3))
def test_the_same_wish_repeated_changes_nothing(caps: list[Cap], acts: list[tuple[str, int]], times: int) -> None:
    def emitted(repeat: int) -> list[str]:
        day = a_customer()
        day._caps, day._quiet = caps, [QuietHours("service", 13 * 60, 15 * 60)]  # noqa: SLF001
        day.with_quiet_hours(13 * 60, 15 * 60)
        for act, argument in acts:
            day.now += argument * MINUTE
            if act == "want":
                for _ in range(repeat):
                    want(day, argument)
        return [f"{each.topic} {each.id}" for each in day.machine.emitted]

    assert emitted(times) == emitted(1)
