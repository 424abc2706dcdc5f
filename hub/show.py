"""`hub show`: one customer by any identifier, as the committed topics have them."""

import time
from collections.abc import Iterable
from typing import Any

import msgspec
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from agents.customer.outputs import CONTEXT
from agents.identity.model import CUSTOMER_SCHEME, BadIdentifier, Links, customer_of, normalise, owner_at
from agents.resolve.assertions import claims_of
from hub.connection import Reader, reader
from hub.refusal import CommandRefused
from schemas import wire
from schemas.records import Asserted, Context, Settled
from streams.core.partitioner import partition_for
from streams.core.records import Millis
from streams.settings import Settings
from streams.topics import IDENTITY


async def find(settings: Settings, identifier: str) -> Context:
    """Give the last context of whoever has `identifier` now.

    Raises:
        CommandRefused: it is no identifier, nobody has it, or its customer has no context yet.
        StartRefused: no broker answers.
    """
    try:
        canonical = normalise(identifier if ":" in identifier else f"{CUSTOMER_SCHEME}:{identifier}")
    except BadIdentifier as fault:
        raise CommandRefused(
            f"this is no identifier ({fault}); write scheme:value, such as msisdn:79161234567."
        ) from None
    async with reader(settings) as source:
        customer = customer_of(canonical)
        if customer is None:
            customer = owner_of(await _values(source, IDENTITY, canonical), time.time_ns() // 1_000_000)
        if customer is None:
            raise CommandRefused("nobody has this identifier now.")
        value = None
        for found in await _values(source, CONTEXT, customer):
            value = found
    if value is None:
        raise CommandRefused("this customer has no context: nothing of theirs was applied yet.")
    context = wire.decode(value)
    if not isinstance(context, Context):
        raise CommandRefused(f"{CONTEXT} holds something else for this customer.")
    return context


def owner_of(values: Iterable[bytes], now: Millis) -> str | None:
    """Fold what the identity topic says of one identifier, as resolve does; return who has it at `now`.

    All of it counts, not only what follows the last settled record: that one knows nothing of an assertion that was
    written before it and not read yet.
    """
    links = Links()
    for value in values:
        said = wire.decode(value)
        if isinstance(said, Asserted | Settled):
            links.add(claims_of(said))
    return owner_at(links, now)


async def _values(source: Reader, topic: str, key: str) -> list[bytes]:
    """Read the values of one key, oldest first; a tombstone forgets those before it."""
    raw = key.encode()
    values: list[bytes] = []
    await source.assign(topic, [partition_for(raw, source.partitions(topic))])
    async for record in source.to_end():
        if record.key == raw:
            values = [*values, record.value] if record.value is not None else []
    return values


def fields_of(context: Context) -> dict[str, Any]:
    """Render a context for `--json`."""
    fields: dict[str, Any] = msgspec.to_builtins(context)
    return fields


def rendered_context(context: Context) -> RenderableType:
    """Render a context for people."""
    head = Text(f"customer {context.customer_id}", style="bold")
    head.append(f"   version {context.version}, activation {context.activation}", style="dim")
    who = [context.first_name, context.language, context.timezone]
    parts: list[RenderableType] = [head, Text(", ".join(part for part in who if part) or "no name known")]
    for title, rows in (
        ("identifiers", context.identifiers),
        ("accounts", context.accounts),
        ("usage", context.usage),
        ("consents", context.consents),
        ("events by topic", context.counts),
    ):
        if rows:
            parts.append(_table(title, [msgspec.to_builtins(row) for row in rows]))
    return Group(*parts)


def _table(title: str, rows: list[dict[str, Any]]) -> Table:
    lists = {name for row in rows for name, value in row.items() if isinstance(value, list | tuple)}
    table = Table(title=title, title_justify="left", title_style="bold")
    columns = [name for name in rows[0] if name not in lists]
    for name in columns:
        table.add_column(name, overflow="fold")  # half an account is none
    for row in rows:
        table.add_row(*("" if row[name] is None else str(row[name]) for name in columns))
    return table
