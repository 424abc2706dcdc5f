"""What is not right goes to the dead letters with its bytes and a reason, and the rest goes on."""

from collections.abc import Callable
from typing import Any, Final

from operator_day.events import Event, Fate, Header
from operator_day.pen import BILLING, CRM, cloud_event
from operator_day.scene import Scene
from operator_day.stories.balance import HIGH, LOW
from schemas import records, wire

TOO_LARGE_BYTES: Final = 300_000
"""Above the hub's limit of 262,144, below the broker's."""

_NO_IDENTIFIERS: Final = (
    b"nothing",
    b"msisdn:",
    b"msisdn:12",
    b"carrier-pigeon:7",
    b"customer:",
    b"customer:a b",
    b"\xff\xfe:1",
)

_UNKNOWN_ID: Final = (99_999_999).to_bytes(4, "big")
_YEAR_2099: Final = 4_070_908_800_000


def is_not_what_it_says(scene: Scene) -> None:
    """Garbage, cut and swollen records, unknown schemas and types."""
    hour = scene.daytime(1)
    record = _balance(scene, scene.time(hour))
    framed = wire.encode(record)
    body, headers = cloud_event(record)
    for value, reason in (
        (b"\x07 no event at all", "undecodable"),
        (b"\x00", "undecodable"),
        (framed[:-3], "undecodable"),
        (framed + b"\x01", "undecodable"),
        (b"\x00" + _UNKNOWN_ID + framed[5:], "unknown-schema"),
        (wire.encode(_upsert(scene, scene.time(hour))), "unknown-type"),
    ):
        _send(scene, hour, value, reason)
    _send(scene, hour, body[:-1], "undecodable", headers)
    _send(scene, hour, body, "undecodable", _with(headers, "ce_id", b"another"))
    _send(scene, hour, body, "unknown-type", _with(headers, "ce_type", b"hub.billing.NothingKnown"))
    _send(scene, hour, b"[1, 2]", "undecodable", headers)


def has_no_place(scene: Scene) -> None:
    """Without a key, without a value, too large, or under something that is no identifier."""
    hour = scene.daytime(1)
    framed = wire.encode(_balance(scene, scene.time(hour)))
    _send(scene, hour, framed, "no-key", key=None)
    _send(scene, hour, None, "no-value")
    _send(scene, hour, b"\x00" + b"x" * TOO_LARGE_BYTES, "too-large")
    for key in _NO_IDENTIFIERS:
        _send(scene, hour, framed, "bad-identifier", key=key)


def is_out_of_time(scene: Scene) -> None:
    """1970, 2099 and tomorrow; the right balance after it goes on."""
    hour = scene.daytime(3)
    scene.balance(hour, HIGH)
    for occurred_at, reason in ((0, "late"), (_YEAR_2099, "future"), (scene.plan.hour(hour + 6), "future")):
        _send(scene, hour + 1, wire.encode(_balance(scene, occurred_at)), reason)
    body, headers = cloud_event(_balance(scene, _YEAR_2099))
    _send(scene, hour + 1, body, "future", headers)
    scene.message(scene.balance(hour + 2, LOW))


def skips_a_bad_one(scene: Scene) -> None:
    """Usage with a bad record in its midst: the good ones count."""
    hour = scene.daytime(1)
    first = scene.usage(hour)
    scene.events.append(
        first._replace(
            value=(first.value or b"")[:-1] + b"\xff\xff",
            timestamp=scene.time(hour),
            headers=(),
            fate=Fate(reason="undecodable"),
        ),
    )
    scene.usage(hour)


def _send(
    scene: Scene,
    hour: int,
    value: bytes | None,
    reason: str,
    headers: tuple[Header, ...] = (),
    **key: bytes | None,
) -> None:
    under = key.get("key", scene.person.key())
    headers = (*headers, ("trace", scene.name.encode()))
    at = scene.time(hour)
    scene.events.append(
        Event(BILLING, under, value, headers, at, scene.person.placement, Fate(reason=reason), scene.name),
    )


def _with(headers: tuple[Header, ...], name: str, value: bytes) -> tuple[Header, ...]:
    return tuple((each, value if each == name else old) for each, old in headers)


def _balance(scene: Scene, occurred_at: int) -> Any:  # noqa: ANN401  # a record of the contracts
    fields = {"balance_minor": LOW, "currency": "RUB", "balance_version": 50}
    account = scene.person.accounts[0]
    return scene.pen.record(records.BalanceChanged, BILLING, occurred_at, account_id=account, **fields)


def _upsert(scene: Scene, occurred_at: int) -> Any:  # noqa: ANN401  # a record of the contracts
    return scene.pen.record(records.CustomerUpserted, CRM, occurred_at, customer_id=scene.person.customer_id)


STORIES: Final[tuple[Callable[[Scene], None], ...]] = (
    is_not_what_it_says,
    has_no_place,
    is_out_of_time,
    skips_a_bad_one,
)
