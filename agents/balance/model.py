"""What other capabilities may use of balance."""

from agents.balance.levels import level_plan, lowest_fired
from agents.balance.money import (
    ACCOUNTS,
    MAX_ACCOUNTS,
    MAX_PROMISES,
    MONEY,
    Accounts,
    Charge,
    Money,
    accounts_by_news,
)

__all__ = [
    "ACCOUNTS",
    "MAX_ACCOUNTS",
    "MAX_PROMISES",
    "MONEY",
    "Accounts",
    "Charge",
    "Money",
    "accounts_by_news",
    "level_plan",
    "lowest_fired",
]
