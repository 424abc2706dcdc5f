"""Control and one customer together: what is said of the network reaches them when it is due, as a walk would."""

from agents.outage.model import Outage
from tests.builders.network import Network, as_outage
from tests.builders.outages import NOON, Home


class Street:
    """The network of the control box, and a home at one of its ports."""

    def __init__(self, port: str = "port-11") -> None:
        self.network = Network()
        self.network.now = NOON
        self.home = Home().attached(port)
        self.home.now = NOON
        self._heard = 0
        self._due: dict[str, Outage] = {}

    def after(self, seconds: int) -> "Street":
        """Let time pass; what is due meanwhile reaches the home at its time."""
        until = self.network.now + 1000 * seconds
        self.listen()
        while due := [each for each in self._due.values() if each.notify_at <= until]:
            self._reach(min(due, key=lambda each: (each.notify_at, each.outage_id)))
        self.network.now = self.home.now = until
        return self

    def listen(self) -> None:
        """Let the partition know of what control said last; what is due at once reaches the home."""
        for changed in self.network.changed[self._heard :]:
            assert changed.pieces == 1
            outage = as_outage(changed, frozenset(changed.leaves))
            self.home.knows(outage)
            self._due[outage.outage_id] = outage
            if outage.notify_at <= self.network.now:
                self._reach(outage)
        self._heard = len(self.network.changed)

    def _reach(self, outage: Outage) -> None:
        self.home.now = max(self.home.now, outage.notify_at)
        self.home.machine.reach(outage, self.home.now)
        del self._due[outage.outage_id]
