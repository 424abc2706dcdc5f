"""A group of outages as customers are told of it: one root speaks for all its members."""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from agents.control.life import Life
from schemas.records import OutageChanged, OutageSeverity, OutageState, ServiceKind
from streams.core.records import Millis

PIECE: Final = 5_000
"""Leaves in one record; with ids of the greatest length it stays below the timeline's limit of 2 MiB."""

_BY_GRAVITY: Final[tuple[OutageSeverity, ...]] = ("critical", "major", "minor", "UNKNOWN")
_ENDINGS: Final[dict[str, OutageState]] = {
    "resolved": "resolved",
    "finished": "resolved",
    "discarded": "discarded",
    "cancelled": "cancelled",
}


class View(NamedTuple):
    """What a revision says, without its number and its times of telling; see `OutageChanged`."""

    state: OutageState
    leaves: frozenset[str]
    service_kinds: tuple[ServiceKind, ...]
    severity: OutageSeverity
    started_at: Millis
    ended_at: Millis | None
    eta: Millis | None
    cause_public: str | None


def view(root: Life, members: Sequence[Life], leaves: Callable[[Life, Sequence[Life]], frozenset[str]]) -> View | None:
    """Return how a group stands; None when nothing is known of the root but what happened to it.

    Args:
        root: Who speaks for the group.
        members: All members, the root among them while it is one.
        leaves: Returns the leaves of those of a root's group that speak, together.
    """
    if not root.is_known or root.status == "unknown":
        return None
    speaking = [each for each in members if each.is_open]
    if speaking:
        return _open(root, speaking, leaves(root, speaking))
    if root.root != root.outage_id:  # it went over to another group
        return _plain(root, "discarded", frozenset(), root.status_at[0])
    if root.is_planned:
        return _plain(root, "planned", leaves(root, [root]), root.ends_at)
    resolved = [each.ended_at or 0 for each in members if each.status == "resolved"]
    if resolved:
        return _plain(root, "resolved", frozenset(), max(resolved))
    return _plain(root, _ENDINGS.get(root.status, "discarded"), frozenset(), root.ended_at)


def records(root: Life, said: View, notify_at: Millis, event_id: str, source: str) -> list[OutageChanged]:
    """Return the records that tell a timeline of the revision, its leaves in pieces."""
    leaves = sorted(said.leaves)
    pieces = [tuple(leaves[start : start + PIECE]) for start in range(0, len(leaves), PIECE)] or [()]
    return [
        OutageChanged(
            outage_id=root.outage_id,
            revision=root.revision,
            state=said.state,
            piece=number,
            pieces=len(pieces),
            leaves=piece,
            service_kinds=said.service_kinds,
            severity=said.severity,
            started_at=said.started_at,
            notify_at=notify_at,
            cause_event_id=event_id,
            cause_source=source,
            ended_at=said.ended_at,
            eta=said.eta,
            cause_public=said.cause_public,
        )
        for number, piece in enumerate(pieces)
    ]


def _open(root: Life, speaking: Sequence[Life], leaves: frozenset[str]) -> View:
    is_works = root.is_works and root.is_open
    gravest = min((each.severity for each in speaking), key=_BY_GRAVITY.index)
    etas = [each.eta for each in speaking if each.eta is not None]
    return View(
        state="open",
        leaves=leaves,
        service_kinds=tuple(sorted({kind for each in speaking for kind in each.service_kinds})),
        severity=root.severity if is_works else gravest,
        started_at=root.began_at,
        ended_at=root.ends_at if is_works else None,
        eta=root.eta if root.is_open else max(etas, default=None),
        cause_public=root.cause_public,
    )


def _plain(root: Life, state: OutageState, leaves: frozenset[str], ended_at: Millis | None) -> View:
    return View(
        state, leaves, tuple(root.service_kinds), root.severity, root.began_at, ended_at, root.eta, root.cause_public
    )
