"""The control box: configurations, the network, and the log's clock, told to every timeline."""

from collections.abc import Sequence

from agents.control.configuration import PATIENCE_MILLIS, Configuration
from agents.control.network import TOPICS, NetworkControl
from agents.control.outlet import STAGE, Outlet
from agents.outage.model import DEFAULT_POLICY
from schemas.records import OutagePolicy
from streams.codec import Undecodable
from streams.core.fold import FoldContext, Unit
from streams.core.records import Millis, Record
from streams.guard import Refused, origin_of

__all__ = ["PATIENCE_MILLIS", "STAGE", "ControlFold"]


class ControlFold:
    """The state machine of the one control task: hands each topic's records to the part that keeps them.

    Args:
        context: What the engine gives; `partitions` is the number of timelines.
    """

    def __init__(self, context: FoldContext) -> None:
        self.now: Millis = 0
        self._clock = context.clock
        self._outlet = Outlet(context)
        self._configuration = Configuration(self._outlet, is_log=context.clock.is_log)
        self._network = NetworkControl(self._outlet)

    def restored(self) -> None:
        """Read what was known at the last commit."""
        self._configuration.restored()
        self._network.restored()

    def next_due(self) -> Millis | None:
        """Return None: nothing here waits for a time.

        When people are told of an outage stands in its record, and is the timelines' to wait for; an activation that
        waited in vain is given up with the next record, whatever it is.
        """
        return None

    def fold(self, topic: str, records: Sequence[Record], unit: Unit) -> None:
        """Apply a chunk of a topic; see `Fold.fold`."""
        self._outlet.unit = unit
        for record in records:
            stamp = record.timestamp if self._clock.is_log else self._clock.now()
            self.now = max(self.now, stamp)
            try:
                if topic in TOPICS:
                    self._network.apply(topic, record, stamp, self._policy())
                else:
                    self._configuration.apply(topic, record, stamp)
            except (Refused, Undecodable) as refusal:
                self._outlet.refuse(origin_of(topic, record), refusal.reason, refusal.detail)
            self._configuration.lose_patience(stamp)
        self._network.close(self._policy())
        self._configuration.write()

    def _policy(self) -> OutagePolicy:
        return self._configuration.in_force("outage", OutagePolicy) or DEFAULT_POLICY
