"""The section `nba` with all that it may hold stays within its byte budget."""

from agents.customer.model import encode_section
from agents.nba.model import (
    MAX_ACCEPTED,
    MAX_DECISIONS,
    MAX_PENDING,
    MAX_REFUSED,
    MAX_TALKS,
    Decision,
    Given,
    Grounds,
    Nba,
    Pending,
    Question,
    Ranked,
    Talk,
)

AT = 1_760_000_000_000


def action(number: int) -> str:
    return f"action-number-{number:03}"


def evidence() -> Nba:
    given = [Given(action(number), 2_592_000, 3) for number in range(3)]
    decisions = [
        Decision(f"{number:032}", f"{number:016}", "messenger", "outage", AT, AT, given)
        for number in range(MAX_DECISIONS)
    ]
    charges = tuple([f"charge-{number:09}" for number in range(10)])
    grounds = Grounds("voice", 10_000, 10_000, 10_000, 10_000, "RUB", charges)
    is_prior = True
    ranked = [Ranked(n, action(n), "«Родные города»", "sales", 10**12, 10**6, is_prior, grounds) for n in range(3)]
    return Nba(decisions, ranked)


def test_full_evidence() -> None:
    assert 3000 < len(encode_section(evidence()) or b"") <= 4096 + 512


def test_full_guards() -> None:
    full = evidence()
    full.accepted = {action(number): AT for number in range(MAX_ACCEPTED)}
    full.refused = {action(number): AT for number in range(MAX_REFUSED)}
    full.talks = [Talk(f"{n:016}", AT, [action(each) for each in range(6)]) for n in range(MAX_TALKS)]
    question = Question("r" * 32, "reason_set", "messenger", "i" * 16, "mobile_internet")
    full.pending = {f"{number:032}": Pending(question, AT, "outage") for number in range(MAX_PENDING)}
    assert 8_000 < len(encode_section(full) or b"") <= 12_288
