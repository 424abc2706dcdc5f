"""Questions of a scene's customer for what to offer, in the words of the contracts, and what stories say of them."""

from collections import Counter
from typing import Any

from operator_day.decisions import DecisionKey, Response, Stated
from operator_day.pen import DIGITAL, FEEDBACK, PRODUCT
from operator_day.scene import Scene
from operator_day.talk import Talk
from operator_day.zones import SECOND, Millis
from schemas import records


class Asking:
    """Lets a scene's customer ask; each question returns the key of the decision that must come of it."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self._numbers: Counter[tuple[str, str | None]] = Counter()

    def has(self, spec_id: str, *, is_tariff: bool = False) -> None:
        """Let the customer have a product since the eve."""
        scene = self.scene
        scene.happens(
            -1,
            PRODUCT,
            records.ProductActivated,
            product_id=f"p-{scene.spare}-{spec_id}",
            spec_id=spec_id,
            name=spec_id.capitalize(),
            is_tariff=is_tariff,
            key=scene.person.customer_key(),  # the number's link may still be on its way
        )

    def calls(self, hour: int, minutes: int, cost_minor: int) -> None:
        """Let the customer talk for so long in four calls, at that price in all."""
        for _ in range(4):
            self.scene.usage(hour, kind="voice", units=minutes * 15, cost_minor=cost_minor // 4)

    def asks(
        self,
        hour: int,
        channel: str,
        reason: str | None = None,
        talk: Talk | None = None,
        early: Millis = SECOND,
    ) -> DecisionKey:
        """Let a channel ask, within a conversation or outside of any."""
        self.scene.happens(
            hour,
            FEEDBACK,
            records.ActionRequested,
            request_id=f"r-{self.scene.spare}-{hour}",
            channel=channel,
            interaction_id=talk.interaction_id if talk is not None else None,
            reason_code=reason,
            early=early,
        )
        return self._key("channel", talk)

    def searches(self, hour: int, query: str, surface: str = "app") -> DecisionKey:
        """Let the customer search where they can be answered."""
        self.looks_up(hour, query, surface)
        return self._key("search", None)

    def looks_up(self, hour: int, query: str, surface: str) -> None:
        """Let the customer search anywhere."""
        fields: dict[str, Any] = {"session_id": f"s-{self.scene.spare}-{hour}", "surface": surface, "query": query}
        self.scene.happens(hour, DIGITAL, records.SearchPerformed, **fields)

    def begins(self, hour: int, talk: Talk, reason: str | None = None) -> DecisionKey:
        """Let a conversation begin, by the customer."""
        talk.begins(hour, reason)
        return self._key("contact_started", talk)

    def says(self, hour: int, talk: Talk, reason: str) -> DecisionKey:
        """Let the agent type the reason."""
        talk.is_about(hour, reason)
        return self._key("reason_set", talk)

    def _key(self, trigger: str, talk: Talk | None) -> DecisionKey:
        interaction_id = talk.interaction_id if talk is not None else None
        number = self._numbers[trigger, interaction_id]
        self._numbers[trigger, interaction_id] += 1
        return DecisionKey(self.scene.person.customer_id, trigger, interaction_id, number)

    def gets(self, key: DecisionKey, *actions: str, gate: str | None = None, **said: Any) -> None:  # noqa: ANN401  # of `Stated`
        """The decision must offer these, best first, and nothing else."""
        self.scene.pen.ledger.stated[key] = Stated(actions, gate, **said)

    def responds(self, key: DecisionKey, *responses: Response) -> None:
        """The channel will report this."""
        self.scene.pen.ledger.responses[key] = responses
