"""Conversations on a scene: what the contact centre says of them, in the words of its contracts."""

from typing import Any

from operator_day.events import Event
from operator_day.pen import CONTACT
from operator_day.scene import Scene
from schemas import records

QUEUE = "first-line"


class Talk:
    """One conversation of a scene's customer. Each step arrives in the hour given, after the one before it."""

    def __init__(self, scene: Scene, name: str, channel: str = "phone") -> None:
        self.scene = scene
        self.interaction_id = f"i-{scene.spare}-{name}"
        self.channel = channel

    def happens(self, hour: int, kind: type[Any], /, **fields: Any) -> Event:  # noqa: ANN401  # the record's
        """Let anything happen in the conversation."""
        return self.scene.happens(hour, CONTACT, kind, interaction_id=self.interaction_id, **fields)

    def begins(self, hour: int, reason: str | None = None, *, direction: str = "inbound", **more: Any) -> Event:  # noqa: ANN401  # the record's
        """Let it begin; the agent's screen is expected unless the operator began it or it arrives too late."""
        fields = {"channel": self.channel, "direction": direction, "reason_code": reason, **more}
        return self.happens(hour, records.InteractionStarted, **fields)

    def waits(self, hour: int, seconds: int = 40, how: str = "answered") -> None:
        """Let the customer wait in the queue."""
        self.happens(hour, records.QueueEntered, queue=QUEUE)
        self.happens(hour, records.QueueLeft, queue=QUEUE, how=how, wait_seconds=seconds)

    def is_about(self, hour: int, reason: str) -> str:
        """Let an agent join and type the reason; returns the id of that event."""
        agent = f"agent-{self.scene.spare % 40}"
        self.happens(hour, records.AgentJoined, agent_id=agent)
        self.happens(hour, records.ReasonSet, reason_code=reason, agent_id=agent)
        return self.scene.cause()

    def ends(self, hour: int, outcome: str = "resolved", **more: Any) -> None:  # noqa: ANN401  # the wrap-up's
        """Let it end and be wrapped up."""
        self.happens(hour, records.InteractionEnded, status="completed")
        self.happens(hour, records.WrapupSet, outcome=outcome, **more)

    def goes(self, hour: int, reason: str, outcome: str = "resolved") -> None:
        """Let the whole of it happen within an hour; the reason is typed, not known from the start."""
        self.begins(hour)
        self.waits(hour)
        self.is_about(hour, reason)
        self.ends(hour, outcome)

    def shows(self, **said: Any) -> None:  # noqa: ANN401  # fields of the screen-pop
        """The agent's screen must say this, and the rest as it was known when the conversation began."""
        self.scene.pen.ledger.said[self.scene.person.customer_id, self.interaction_id] = said
