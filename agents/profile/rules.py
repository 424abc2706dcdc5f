"""What CRM says about a customer; the newest word counts, in whatever order it comes.

An upsert is the whole profile: what it leaves out is not known. Identifiers are spelled as identity spells them. An
unlink ends every link of the identifier that began before it, those that are heard of later included, the same way as
identity sees it; who gets the identifier back needs a link that starts then.
"""

from collections.abc import Sequence

from agents.customer.model import Capability, Customer, Moment, short
from agents.identity.model import normalise
from agents.message.model import NOTHING, Effect
from agents.profile.model import CORE, IDS, Core, End, Ids, Link
from schemas.records import CustomerUpserted, IdentifierLinked, IdentifierUnlinked


def on_customer_upserted(customer: Customer, event: CustomerUpserted, _moment: Moment) -> Sequence[Effect]:
    """Take over the profile when it is the newest."""
    core = customer.section(CORE, Core)
    if (event.occurred_at, event.event_id) <= (core.updated_at, core.updated_by):
        return NOTHING
    before = (core.first_name, core.language, core.timezone)
    core.first_name = _short(event.first_name, "first_name")
    core.language = _short(event.language, "language")
    core.timezone = _short(event.timezone, "timezone")
    core.updated_at, core.updated_by = event.occurred_at, short(event.event_id, "event_id")
    if (core.first_name, core.language, core.timezone) != before:
        customer.mark_material()
    return NOTHING


def on_identifier_linked(customer: Customer, event: IdentifierLinked, moment: Moment) -> Sequence[Effect]:
    """Know the customer under an identifier, for as long as it is theirs."""
    ids = customer.section(IDS, Ids)
    before = ids.live(moment.now)
    identifier = normalise(f"{event.scheme}:{event.value}")
    ids.assert_link(Link(identifier, event.valid_from, event.valid_to, event.occurred_at), moment.now)
    if _spans(ids.live(moment.now)) != _spans(before):
        customer.mark_material()
    return NOTHING


def on_identifier_unlinked(customer: Customer, event: IdentifierUnlinked, moment: Moment) -> Sequence[Effect]:
    """Know when an identifier ceases to be the customer's."""
    ids = customer.section(IDS, Ids)
    before = ids.live(moment.now)
    ids.assert_end(End(normalise(f"{event.scheme}:{event.value}"), event.valid_to))
    if _spans(ids.live(moment.now)) != _spans(before):
        customer.mark_material()
    return NOTHING


def _spans(links: list[Link]) -> list[tuple[str, int, int | None]]:
    return [(link.identifier, link.valid_from, link.valid_to) for link in links]


def _short(text: str | None, field: str) -> str | None:
    return None if text is None else short(text, field)


def capability() -> Capability:
    """Return what profile contributes."""
    return Capability(
        name="profile",
        sections={CORE: Core, IDS: Ids},
        handlers={
            CustomerUpserted: on_customer_upserted,
            IdentifierLinked: on_identifier_linked,
            IdentifierUnlinked: on_identifier_unlinked,
        },
        timers={},
    )
