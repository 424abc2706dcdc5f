"""A scorer outside the hub that speaks without being asked: it is heard, and nothing follows."""

from collections.abc import Callable
from typing import Final

from operator_day import shelf
from operator_day.pen import SCORE
from operator_day.scene import Scene
from operator_day.talk import Talk
from operator_day.zones import HOUR
from schemas import records


def is_scored_unasked(scene: Scene) -> None:
    """Scores for a question that the hub never asked, and old ones: they count, and rank nothing."""
    likely = tuple(records.ActionScore(offer.action_id, 900_000) for offer in shelf.OFFERS)
    for number, early in enumerate((1_000, 2 * HOUR)):
        scene.happens(
            3,
            SCORE,
            records.ActionsScored,
            early=early,
            request_id=f"nobody-asked-{scene.spare}-{number}",
            model="eager",
            scores=likely[number:],
        )
    scene.repeat(scene.events[-1], 4)
    Talk(scene, "afterwards").goes(6, shelf.CALLS_REASON)


STORIES: Final[tuple[Callable[[Scene], None], ...]] = (is_scored_unasked,)
