"""`make bench-silence`: how long the longest silence of any partition is when a worker goes, or comes."""

import argparse
import asyncio
import json
import secrets
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Final

from bench.command import BUILD, WRONG, ended, say
from bench.machine import describe
from bench.silence_figures import Heard, as_json, told
from bench.silence_plan import SCENARIOS, SilencePlan
from bench.silence_run import Run
from bench.silence_stage import Stage
from hub.composition import boxes
from schemas import load as contracts
from streams.brokers import ApacheKafka
from streams.kafka.provisioning import apply_topics
from streams.settings import load

_LOGS: Final = BUILD / "silence"


def main(arguments: list[str] | None = None) -> int:
    """Run it; 0 when each probe was answered once, however late, 1 when not, 2 when it cannot be run."""
    return ended(lambda: _run(_plan(arguments)))


def _run(plan: SilencePlan) -> int:
    machine = describe()
    heard = asyncio.run(_bench(plan))
    print("\n" + "\n".join(told(plan, heard)))
    (BUILD / "silence.json").write_text(json.dumps(as_json(plan, machine, heard), indent=2) + "\n")
    print("\nwritten to build/bench/silence.json, the workers' logs to build/bench/silence/")
    return 0 if all(one.is_right for one in heard) else WRONG


async def _bench(plan: SilencePlan) -> list[Heard]:
    shutil.rmtree(_LOGS, ignore_errors=True)
    _LOGS.mkdir(parents=True)
    with tempfile.TemporaryDirectory(prefix="hub-silence-", ignore_cleanup_errors=True) as name:
        say("Apache Kafka starts ...")
        with ApacheKafka(Path(name) / "kafka") as kafka:
            settings = load(
                broker=kafka.address, topic_prefix=f"silence-{secrets.token_hex(3)}.", partitions=plan.partitions
            )
            catalogue = contracts()
            await apply_topics(settings, catalogue, boxes(catalogue))
            async with Stage(plan, settings) as stage:
                run = Run(plan, settings, stage, _LOGS, say)
                return [
                    await run.listen(scenario, number)
                    for number in range(1, plan.repeat + 1)
                    for scenario in plan.scenarios
                ]


def _plan(arguments: list[str] | None) -> SilencePlan:
    parser = argparse.ArgumentParser(prog="python -m bench.silence", description=__doc__)
    default = SilencePlan()
    parser.add_argument("--scenario", choices=SCENARIOS, action="append", help="one of them; may be repeated")
    parser.add_argument("--repeat", type=int, default=default.repeat, help="how often; the two workers take turns")
    parser.add_argument("--events", type=int, default=default.events_per_second, help="a second, beside")
    parser.add_argument("--session", type=float, default=default.session_seconds, help="session timeout, seconds")
    given = parser.parse_args(arguments)
    if given.repeat < 1 or given.events < 1:
        parser.error("--repeat and --events must be at least 1")
    return SilencePlan(
        scenarios=tuple(given.scenario or SCENARIOS),
        repeat=given.repeat,
        events_per_second=given.events,
        session_seconds=given.session,
    )


if __name__ == "__main__":
    sys.exit(main())
