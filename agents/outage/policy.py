"""The outage policy in force, ready for use."""

import msgspec

from agents.customer.model import ActiveConfig
from agents.outage.model import DEFAULT_POLICY
from schemas.records import Channel, OutagePolicy, ServiceKind
from streams.core.records import Millis


class Policy(msgspec.Struct, frozen=True):
    """What a customer's rules need of it.

    Attributes:
        eta_shift: An estimate is announced again when it moves by more than this.
        useful_for: A notice older than this is of no use.
        dead_channels: Channels that are of no use while a service is out.
    """

    eta_shift: Millis
    useful_for: Millis
    dead_channels: dict[ServiceKind, tuple[Channel, ...]]

    def without(self, service_kinds: list[ServiceKind]) -> tuple[Channel, ...]:
        """Return the channels that do not work while these services are out."""
        return tuple(sorted({channel for kind in service_kinds for channel in self.dead_channels.get(kind, ())}))


def outage_policy(config: ActiveConfig) -> Policy:
    """Read the active policy; without one the hub's own holds."""
    active = config.of(OutagePolicy) or DEFAULT_POLICY
    return Policy(
        1000 * active.eta_shift_seconds,
        1000 * active.useful_for_seconds,
        {each.service_kind: each.channels for each in active.dead_channels},
    )
