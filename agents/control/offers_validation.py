"""What offers and propensities must be before they are kept: every decision they can lead to fits its contract."""

from collections.abc import Iterator
from typing import Final

from agents.control.checks import CURRENCY, UNKNOWN, WHOLE, Check, has_twice
from schemas.records import Offer, Offers, Propensities

MAX_OFFERS: Final = 1_000
"""A trace names every one of them."""
LONGEST_NAME: Final = 128
"""Characters of what a customer's record or a decision repeats."""
MAX_ACTIONS: Final = 3
MAX_VALUE: Final = 10**8
MAX_PERCENT: Final = 10_000
"""With these two the greatest score is 2 x 10**18: it fits a long."""
MAX_PRICE: Final = 10**11
MAX_SECONDS: Final = 366 * 86_400
MAX_WAIT_MILLIS: Final = 60_000
MILLION: Final = 1_000_000


def offers_checks(config: Offers) -> Iterator[Check]:
    """Yield everything that can be wrong with offers."""
    yield not config.offers, "there is no offer"
    yield len(config.offers) > MAX_OFFERS, f"there are more than {MAX_OFFERS} offers"
    yield has_twice(offer.action_id for offer in config.offers), "two offers have the same action_id"
    for offer in config.offers:
        yield from _names(offer)
        yield from _figures(offer)
    yield not 1 <= config.max_actions <= MAX_ACTIONS, f"max_actions is not between 1 and {MAX_ACTIONS}"
    yield config.max_per_group < 1, "max_per_group must be at least 1"
    yield not 0 < config.expires_seconds <= MAX_SECONDS, "expires_seconds is not between 1 and a year"
    yield not 0 < config.response_seconds <= MAX_SECONDS, "response_seconds is not between 1 and a year"
    yield not 0 <= config.repeat_seconds <= MAX_SECONDS, "repeat_seconds is not between 0 and a year"
    yield not 0 <= config.intent_seconds <= MAX_SECONDS, "intent_seconds is not between 0 and a year"
    yield not 0 <= config.scorer_wait_millis <= MAX_WAIT_MILLIS, "scorer_wait_millis is not between 0 and a minute"
    yield not 0 <= config.control_group_percent <= WHOLE, "control_group_percent is not between 0 and 100"


def _names(offer: Offer) -> Iterator[Check]:
    yield not 0 < len(offer.action_id) <= LONGEST_NAME, "an offer's action_id is empty or too long"
    yield not 0 < len(offer.title) <= LONGEST_NAME, "an offer's title is empty or too long"
    yield not offer.group, "an offer has no group"
    yield offer.kind == UNKNOWN, "an offer is of an unknown kind"
    yield offer.product_spec_id == "", "an offer's product_spec_id is empty"
    yield UNKNOWN in offer.channels, "an offer names an unknown channel"
    for named in (offer.tariffs, offer.required_spec_ids, offer.excluded_spec_ids):
        yield "" in named, "an offer names a tariff or product without an id"
    for reason in offer.reasons:
        yield not 0 < len(reason.strip()) <= LONGEST_NAME, "an offer's reason is empty or too long"
    yield offer.is_only_in_context and not offer.reasons, "an offer is only in context and answers nothing"
    yield not CURRENCY.fullmatch(offer.currency), "an offer's currency is no ISO 4217 code"


def _figures(offer: Offer) -> Iterator[Check]:
    yield abs(offer.value_minor) > MAX_VALUE, f"an offer's value_minor is beyond {MAX_VALUE}"
    yield abs(offer.service_value) > MAX_VALUE, f"an offer's service_value is beyond {MAX_VALUE}"
    yield offer.value_minor + offer.service_value < 0, "an offer's value is negative"
    yield not 0 <= offer.context_percent <= MAX_PERCENT, f"a context_percent is not between 0 and {MAX_PERCENT}"
    yield not 0 <= offer.lever_percent <= MAX_PERCENT, f"a lever_percent is not between 0 and {MAX_PERCENT}"
    yield not 0 <= offer.price_minor <= MAX_PRICE, f"an offer's price_minor is not between 0 and {MAX_PRICE}"
    yield offer.unit_size < 1, "an offer's unit_size must be at least 1"
    price = offer.unit_price_minor
    yield price is not None and not 0 <= price <= MAX_VALUE, f"a unit_price_minor is not between 0 and {MAX_VALUE}"
    yield price is not None and offer.usage_kind == UNKNOWN, "an offer has a unit_price_minor and no usage_kind"
    yield (
        offer.min_saving_minor is not None and price is None,
        "an offer has a min_saving_minor and no unit_price_minor",
    )
    yield not 0 <= offer.cooldown_seconds <= MAX_SECONDS, "an offer's cooldown_seconds is not between 0 and a year"


def propensities_checks(config: Propensities) -> Iterator[Check]:
    """Yield everything that can be wrong with propensities."""
    yield not config.model, "the model has no name"
    yield has_twice(prior.group for prior in config.priors), "two priors are for one group"
    pairs = [(each.action_id, each.tariff) for each in config.propensities]
    yield has_twice(pairs), "two propensities are for one action and tariff"
    for action_id, tariff in pairs:
        yield not action_id, "a propensity has no action_id"
        yield tariff == "", "a propensity's tariff is empty"
    for prior in config.priors:
        yield not prior.group, "a prior has no group"
    figures = [each.propensity_ppm for each in config.priors] + [each.propensity_ppm for each in config.propensities]
    for figure in figures:
        yield not 0 <= figure <= MILLION, f"a propensity_ppm is not between 0 and {MILLION}"
