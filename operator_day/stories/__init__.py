"""The stories with a known end. Each is a function on a scene: what happens, and what the hub must make of it."""

from collections.abc import Callable
from typing import Final, NamedTuple

from operator_day.scene import Scene
from operator_day.stories import (
    alarms,
    bad,
    balance,
    caps,
    care,
    channels,
    consent,
    contact,
    cover,
    digital,
    duplicates,
    gates,
    identity,
    late,
    mixed,
    nba,
    outage,
    overtaken,
    places,
    product,
    profile,
    quiet,
    responses,
    roots,
    scores,
    screen,
    unsound,
    works,
)

Story = Callable[[Scene], None]


class Cast(NamedTuple):
    """A story and how many customers of ten thousand play in it; at least one always does."""

    story: Story
    per_ten_thousand: int


COMMON: Final = 200
USUAL: Final = 10
RARE: Final = 3
ONCE: Final = 1

_MESSAGES = (balance, cover, quiet, overtaken, caps, consent, duplicates, late)
_NETWORK = (outage, alarms, roots, places, channels, works, unsound)
_DEALINGS = (contact, screen, digital, care, product, scores)

NETWORK: Final[tuple[Story, ...]] = tuple(story for module in _NETWORK for story in module.STORIES)
"""Stories of what breaks: what is said about the network reaches every partition, whoever is concerned."""

REPERTOIRE: Final = (
    *(Cast(story, COMMON) for story in balance.COMMON),
    *(Cast(story, USUAL) for module in _MESSAGES for story in module.STORIES),
    *(Cast(story, USUAL) for module in (nba, gates, responses, mixed) for story in module.STORIES),
    *(Cast(story, RARE) for module in _DEALINGS for story in module.STORIES),
    *(Cast(story, RARE) for module in (identity, bad, profile) for story in module.STORIES),
    *(Cast(story, ONCE) for story in NETWORK),
)
"""Every story; the order is part of a seed's day."""
