"""What the city's operator can offer, and how likely people take it: about ten actions in Russian and English."""

from typing import Final

from operator_day.zones import HOUR, SECOND
from schemas import records

CONTROL_HOUR: Final = 23
"""From this hour of the day on the second version is in force: nothing is offered to anybody."""

DAY_SECONDS: Final = 24 * HOUR // SECOND
REPEAT_SECONDS: Final = 7 * HOUR // SECOND
INTENT_SECONDS: Final = 3 * HOUR // SECOND
RESPONSE_SECONDS: Final = 4 * HOUR // SECOND
PROMISE_COOLDOWN_SECONDS: Final = 4 * HOUR // SECOND
EXPIRES_SECONDS: Final = HOUR // SECOND // 2
EVERYBODY: Final = 100
"""Per cent. Who is in a smaller control group is the hub's own affair; of all and of none there is no doubt."""

CURRENCY: Final = "RUB"
SUPER: Final = "super"
"""The tariff «Супер»; «Супер Плюс» is what its customers can move to."""
MOBILE_INTERNET: Final = "mobile-internet"

MONEY_REASON: Final = "Куда ушли деньги"
CALLS_REASON: Final = "Мобильная связь"
ROAMING_REASON: Final = "Роуминг"
FAULT_REASON: Final = "Нет интернета"
TARIFF_REASON: Final = "Сменить тариф"


def _offer(
    action_id: str,
    title: str,
    group: str,
    *reasons: str,
    value_minor: int = 0,
    service_value: int = 0,
    context_percent: int = 200,
    **more: object,
) -> records.Offer:
    fields: dict[str, object] = {
        "kind": "sales" if value_minor else "service",
        "product_spec_id": action_id if value_minor else None,
        "channels": (),
        "tariffs": (),
        "required_spec_ids": (),
        "excluded_spec_ids": (),
        "min_balance_minor": None,
        "is_only_in_context": False,
        "lever_percent": 100,
        "price_minor": 0,
        "currency": CURRENCY,
        "usage_kind": "UNKNOWN",
        "unit_size": 1,
        "unit_price_minor": None,
        "min_saving_minor": None,
        "cooldown_seconds": 30 * DAY_SECONDS,
    }
    return records.Offer(
        action_id=action_id,
        title=title,
        group=group,
        reasons=reasons,
        value_minor=value_minor,
        service_value=service_value,
        context_percent=context_percent,
        **(fields | more),  # type: ignore[arg-type]  # each of its own type, above and in the calls below
    )


OFFERS: Final = (
    _offer(
        "balance-control", "«Баланс под контролем»", "money", "баланс", MONEY_REASON,
        value_minor=20_00, service_value=30_00, context_percent=300, is_only_in_context=True, price_minor=30_00,
    ),
    _offer(
        "call-guard", "Call guard", "security", "spam calls", "мошенники",
        value_minor=50_00, channels=("app", "web"), price_minor=90_00,
    ),
    _offer(
        "callback", "«Перезвоним, когда исправим»", "help", FAULT_REASON, "no connection",
        service_value=60_00, context_percent=300,
    ),
    _offer(
        "home-towns", "«Родные города»", "calls", CALLS_REASON, "межгород", "long-distance",
        value_minor=90_00, service_value=30_00, lever_percent=120, price_minor=105_00,
        usage_kind="voice", unit_size=60, unit_price_minor=2_50, min_saving_minor=50_00,
    ),
    _offer(
        "internet-pack", "«Ещё 5 ГБ»", "internet", "интернет", "mobile internet", "gigabytes",
        value_minor=70_00, context_percent=250, required_spec_ids=(MOBILE_INTERNET,), price_minor=199_00,
    ),
    _offer(
        "promised-payment", "«Обещанный платёж»", "help", "баланс", "нет денег", "promised payment",
        service_value=80_00, context_percent=300, cooldown_seconds=PROMISE_COOLDOWN_SECONDS,
    ),
    _offer(
        "roaming-pack", "Roaming pack", "roaming", ROAMING_REASON, "roaming", "travel",
        value_minor=150_00, context_percent=400, is_only_in_context=True, min_balance_minor=300_00,
        price_minor=300_00,
    ),
    _offer(
        "super-plus", "«Супер Плюс»", "tariff", TARIFF_REASON, "change tariff",
        value_minor=120_00, tariffs=(SUPER,), price_minor=600_00,
        usage_kind="voice", unit_size=60, unit_price_minor=0,
    ),
    _offer("technician", "«Визит мастера»", "repair", FAULT_REASON,
        service_value=90_00, channels=("phone", "chat", "office"), is_only_in_context=True,
    ),
    _offer("ticket-status", "Where my request stands", "care", "обращение", "my request", service_value=60_00),
    _offer(
        "unlimited", "Unlimited", "tariff", TARIFF_REASON, "change tariff", "интернет",
        value_minor=200_00, lever_percent=80, excluded_spec_ids=("super-plus",), price_minor=650_00,
        usage_kind="data", unit_size=1_000, unit_price_minor=0,
    ),
)  # fmt: skip
"""One row of the planning table each."""


def offers(version: int) -> records.Offers:
    """Give version 1 (no control group) or 2 (everybody is in it)."""
    return records.Offers(
        config_id="city",
        version=version,
        offers=OFFERS,
        max_actions=3,
        max_per_group=1,
        expires_seconds=EXPIRES_SECONDS,
        response_seconds=RESPONSE_SECONDS,
        repeat_seconds=REPEAT_SECONDS,
        intent_seconds=INTENT_SECONDS,
        scorer_wait_millis=0,
        control_group_percent=0 if version == 1 else EVERYBODY,
    )


def propensities() -> records.Propensities:
    """Give the propensities; some actions have none of their own, one not even a prior of its group."""
    own = {
        "balance-control": 220_000,
        "home-towns": 150_000,
        "promised-payment": 200_000,
        "roaming-pack": 300_000,
        "super-plus": 120_000,
        "technician": 350_000,
        "unlimited": 60_000,
    }
    by_tariff = {"home-towns": 250_000, "unlimited": 40_000}
    return records.Propensities(
        config_id="city",
        version=1,
        model="planning table",
        priors=tuple(
            records.GroupPrior(group, ppm)
            for group, ppm in (("calls", 100_000), ("care", 90_000), ("help", 90_000), ("internet", 80_000))
        ),
        propensities=(
            *(records.Propensity(action_id, None, ppm) for action_id, ppm in own.items()),
            *(records.Propensity(action_id, SUPER, ppm) for action_id, ppm in by_tariff.items()),
        ),
    )
