"""What a benchmark of silence is to be: which scenarios, how often, beside which load."""

from dataclasses import dataclass
from typing import Final, Literal, get_args

Scenario = Literal["kill", "zombie", "stop", "restart", "join"]
SCENARIOS: Final[tuple[Scenario, ...]] = get_args(Scenario)
WORDS: Final[dict[Scenario, str]] = {
    "kill": "kill -9, not started again",
    "zombie": "SIGSTOP beyond the session, then SIGCONT",
    "stop": "SIGTERM, not started again",
    "restart": "static members: kill -9 and back at once under its name",
    "join": "a third worker joins",
}
_AFTER_A_SESSION_SECONDS: Final = 3.0
_AFTER_A_RESTART_SECONDS: Final = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SilencePlan:
    """One run.

    Attributes:
        scenarios: In this order.
        repeat: How often; the two workers take turns at being struck.
        events_per_second: Beside the probes.
        probes_per_second: Of each partition; the figures are that coarse.
        customers: People; every eighth or so can be asked.
        partitions: Of every people-keyed topic.
        session_seconds: A worker that is silent for so long has lost its tasks.
        quiet_seconds: Before the strike.
        watch_seconds: After the last thing that is done to a worker.
        seed: Of everything that is drawn.
    """

    scenarios: tuple[Scenario, ...] = SCENARIOS
    repeat: int = 1
    events_per_second: int = 1_000
    probes_per_second: int = 10
    customers: int = 12_000
    partitions: int = 8
    session_seconds: float = 6.0
    quiet_seconds: int = 10
    watch_seconds: int = 20
    seed: int = 1

    def aim_seconds(self, scenario: Scenario) -> float | None:
        """Return the longest silence that the project wants to allow, of any partition; None where it has no aim."""
        if scenario in ("kill", "zombie"):
            return self.session_seconds + _AFTER_A_SESSION_SECONDS
        return _AFTER_A_RESTART_SECONDS if scenario == "restart" else None
