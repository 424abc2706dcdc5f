"""What a customer does in the app and on the site. A search says what they want, for as long as the offers say."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import msgspec

from agents.customer.model import LONGEST_ID, Customer, Handler, Moment, short
from agents.message.model import NOTHING, Effect
from agents.touch.digital import DIGITAL, Deed, Digital, Done
from agents.touch.model import TOUCH, Intent, Touch, intent_millis, wants
from schemas.records import (
    AppInstalled,
    FormSubmitted,
    LoggedIn,
    Offers,
    PermissionGranted,
    ScreenViewed,
    SearchPerformed,
    SessionStarted,
)


def on_search(customer: Customer, event: SearchPerformed, moment: Moment) -> Sequence[Effect]:
    """Know what they want, and that they searched; of a text pasted into the field its beginning counts."""
    customer.section(DIGITAL, Digital).add("search", Done(event.occurred_at, event.surface))
    words = event.query.strip()[:LONGEST_ID]
    if not words:
        return NOTHING
    touch = customer.section(TOUCH, Touch)
    before = wants(touch, moment.now)
    touch.search(Intent(event.occurred_at + intent_millis(moment.config.of(Offers)), words))
    if wants(touch, moment.now) != before:
        customer.mark_material()
    return NOTHING


def noting(deed: Deed, describe: Callable[[Any], Done]) -> Handler:
    """Return the handler of events that are kept as the newest of their kind and shown to nobody."""

    def on_event(customer: Customer, event: Any, _moment: Moment) -> Sequence[Effect]:  # noqa: ANN401 - of its topic
        customer.section(DIGITAL, Digital).add(deed, describe(event))
        return NOTHING

    return on_event


def _session(event: SessionStarted) -> Done:
    return Done(event.occurred_at, event.surface, _short(event.device, "device"))


def _screen(event: ScreenViewed) -> Done:
    screen, product_id = short(event.screen, "screen"), _short(event.product_id, "product_id")
    return Done(event.occurred_at, event.surface, screen, product_id)


def _install(event: AppInstalled) -> Done:
    device, product_id = _short(event.device, "device"), short(event.product_id, "product_id")
    return Done(event.occurred_at, what=device, product_id=product_id)


def _permission(event: PermissionGranted) -> Done:
    permission, product_id = short(event.permission, "permission"), short(event.product_id, "product_id")
    return Done(event.occurred_at, what=permission, product_id=product_id)


def _login(event: LoggedIn) -> Done:
    return Done(event.occurred_at, event.surface)


def _form(event: FormSubmitted) -> Done:
    form_id, product_id = short(event.form_id, "form_id"), _short(event.product_id, "product_id")
    return Done(event.occurred_at, event.surface, form_id, product_id)


def _short(text: str | None, field: str) -> str:
    return "" if text is None else short(text, field)


HANDLERS: Final[Mapping[type[msgspec.Struct], Handler]] = {
    SearchPerformed: on_search,
    SessionStarted: noting("session", _session),
    ScreenViewed: noting("screen", _screen),
    AppInstalled: noting("install", _install),
    PermissionGranted: noting("permission", _permission),
    LoggedIn: noting("login", _login),
    FormSubmitted: noting("form", _form),
}
"""Handler by type of event."""
