"""`make bench-idle`: what a worker with nothing to do takes of a core."""

import argparse
import asyncio
import json
import secrets
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

from bench.command import BUILD, ended, say
from bench.machine import Cores, describe
from bench.meter import usage_of
from bench.worker import MeasuredWorker, environment
from hub.composition import boxes
from hub.demo.workers import await_open
from schemas import load as contracts
from streams.kafka.provisioning import apply_topics
from streams.settings import load

_SETTLES_SECONDS = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class IdlePlan:
    """One measurement.

    Attributes:
        partitions: Of every people-keyed topic, all on the one worker.
        seconds: How long it is measured.
    """

    partitions: int = 64
    seconds: int = 60


async def _measure(plan: IdlePlan, cores: Cores) -> float:
    """Return the share of a core, from 0 to 1."""
    with tempfile.TemporaryDirectory(prefix="hub-idle-", ignore_cleanup_errors=True) as name:
        directory = Path(name)
        say("Apache Kafka starts ...")
        with cores.kafka(directory / "kafka") as kafka:
            settings = load(
                broker=kafka.address, topic_prefix=f"idle-{secrets.token_hex(3)}.", partitions=plan.partitions
            )
            catalogue = contracts()
            say("topics ...")
            await apply_topics(settings, catalogue, boxes(catalogue))
            worker = MeasuredWorker("the worker", environment(settings), directory / "worker.log", cores=cores)
            worker.start()
            try:
                say("the worker opens its tasks ...")
                await await_open([worker], {box.name: box.tasks(plan.partitions) for box in boxes(catalogue)})
                await asyncio.sleep(_SETTLES_SECONDS)
                say(f"{plan.seconds} s of nothing to do ...")
                before = usage_of(worker.pid).cpu_seconds
                await asyncio.sleep(plan.seconds)
                worker.check()
                return (usage_of(worker.pid).cpu_seconds - before) / plan.seconds
            finally:
                await worker.stop()


def main(arguments: list[str] | None = None) -> int:
    """Run it; 0 when it was measured, 2 with one sentence when it cannot be."""
    parser = argparse.ArgumentParser(prog="python -m bench.idle", description=__doc__)
    default = IdlePlan()
    parser.add_argument("--partitions", type=int, default=default.partitions, help="of every people-keyed topic")
    parser.add_argument("--seconds", type=int, default=default.seconds)
    given = parser.parse_args(arguments)
    return ended(lambda: _run(IdlePlan(partitions=given.partitions, seconds=given.seconds)))


def _run(plan: IdlePlan) -> int:
    cores, machine = Cores.of_this_machine(), describe()
    share = asyncio.run(_measure(plan, cores))
    print(f"\nan idle worker with {plan.partitions} partitions takes {share:.1%} of a core (wanted at most 2 %)")
    if cores.note:
        print(f"note: {cores.note}")
    BUILD.mkdir(parents=True, exist_ok=True)
    told = {"plan": asdict(plan), "machine": machine, "cores": asdict(cores), "share_of_a_core": share}
    (BUILD / "idle.json").write_text(json.dumps(told, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
