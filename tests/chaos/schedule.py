"""Which strike comes when, drawn from the seed: a deck of all kinds, shuffled, dealt out, and shuffled again."""

from collections.abc import Iterator, Sequence
from random import Random
from typing import Final, NamedTuple

from tests.chaos.orders import COMMIT, PLAIN_COMMIT, RECOVERY

AT_LARGE: Final = (
    "kill", "zombie", "zombie in a commit", "twin", "twin of a zombie", "SIGTERM in recovery", "all at once",
    "broker", "rolling restart", "join and leave",
)  # fmt: skip
COMPACTION: Final = "compaction in recovery"
KINDS: Final = (
    *AT_LARGE,
    COMPACTION,
    *(f"kill at {step}" for step in (*RECOVERY, *COMMIT)),
)
"""Everything that strikes a hub with transactions."""

PLAIN_KINDS: Final = ("zombie", "zombie in a commit", "kill", *(f"kill at {step}" for step in PLAIN_COMMIT))
"""What strikes one without, where compaction would only cost time: zombies above all."""

SEVERAL_BROKERS_KINDS: Final = ("coordinator", "broker", "kill")
"""What strikes where another node takes over."""

_BRIEFLY: Final = (0.5, 3.0)
_CHANCE_OF_REST: Final = 0.6


class Draw(NamedTuple):
    """One strike to come.

    Attributes:
        kind: What it is.
        pause: Seconds before it.
        is_rested: It waits until all workers are ready; else it may strike into a recovery.
        rng: Of its own, so that what one strike draws does not change the next.
    """

    kind: str
    pause: float
    is_rested: bool
    rng: Random


def schedule(seed: int, kinds: Sequence[str] = KINDS) -> Iterator[Draw]:
    """Deal strikes for ever; every kind comes once in each round."""
    rng = Random(f"schedule/{seed}")
    number = 0
    while True:
        for kind in rng.sample(kinds, len(kinds)):
            own = Random(f"strike/{seed}/{number}")
            yield Draw(kind, rng.uniform(*_BRIEFLY), rng.random() < _CHANCE_OF_REST, own)
            number += 1
