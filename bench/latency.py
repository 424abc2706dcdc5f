"""`make bench-latency`: from a reason typed, or any input, to what follows of it on the committed topic."""

import argparse
import asyncio
import json
import secrets
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from bench.answers import TOPIC_OF, LatencyPlan, LatencyResult
from bench.command import BUILD, WRONG, ended, say
from bench.latency_run import Run
from bench.machine import Cores, describe
from bench.worker import MeasuredWorker, environment
from hub.composition import boxes
from hub.demo.workers import await_open
from schemas import load as contracts
from streams.kafka.provisioning import apply_topics
from streams.settings import load

_ROUNDS = 3
_ASKED = {"reason": "a reason typed", "context": "a profile changed"}


async def _bench(plan: LatencyPlan, cores: Cores) -> LatencyResult:
    BUILD.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="hub-latency-", ignore_cleanup_errors=True) as name:
        directory = Path(name)
        say("Apache Kafka starts ...")
        with cores.kafka(directory / "kafka") as kafka:
            settings = load(
                broker=kafka.address,
                topic_prefix=f"latency-{secrets.token_hex(3)}.",
                partitions=plan.partitions,
                transactions=plan.has_transactions,
            )
            catalogue = contracts()
            await apply_topics(settings, catalogue, boxes(catalogue))
            workers = [
                MeasuredWorker(
                    f"worker {number}", environment(settings), directory / f"worker-{number}.log", cores=cores
                )
                for number in range(1, plan.workers + 1)
            ]
            for worker in workers:
                worker.start()
            try:
                await await_open(workers, {box.name: box.tasks(plan.partitions) for box in boxes(catalogue)})
                return await Run(plan, settings, say).measure(workers, kafka.pid)
            finally:
                await asyncio.gather(*(worker.stop() for worker in workers))


def _told(plan: LatencyPlan, result: LatencyResult) -> str:
    return (
        f"\n{_ASKED[plan.probe]} -> {TOPIC_OF[plan.probe]}, read committed, "
        f"{'with' if plan.has_transactions else 'without'} transactions, beside "
        f"{result.background_per_second:,.0f} events/s (wanted {_wanted(plan, result)}):\n"
        f"  {result.questions:,} questions: p50 {result.p50:.0f} ms, p90 {result.p90:.0f} ms, p99 {result.p99:.0f} ms, "
        f"most {result.most:.0f} ms\n"
        f"  {result.missing} without an answer, {result.repeated} answered twice, {result.empty} without an action\n"
        f"  cores used: {'worker' if plan.workers == 1 else f'{plan.workers} workers'} {result.worker_cores:.2f}, "
        f"broker {result.broker_cores:.2f}, load {result.load_cores:.2f}"
    )


def _wanted(plan: LatencyPlan, result: LatencyResult) -> str:
    if not result.capacities:
        return f"{plan.events_per_second:,}"
    return f"{plan.share} % of {', '.join(f'{each:,.0f}' for each in result.capacities)}"


def _plan(arguments: list[str] | None) -> LatencyPlan:
    parser = argparse.ArgumentParser(prog="python -m bench.latency", description=__doc__)
    default = LatencyPlan()
    parser.add_argument("--seconds", type=int, default=default.seconds, help="measured; all rounds together")
    parser.add_argument("--events", type=int, default=default.events_per_second, help="a second, beside")
    parser.add_argument("--share", type=int, help="percent of the capacity beside, which is measured first")
    parser.add_argument("--conversations", type=int, default=default.conversations_per_second, help="a second")
    parser.add_argument("--customers", type=int, default=default.customers)
    parser.add_argument("--partitions", type=int, default=default.partitions, help="of every people-keyed topic")
    parser.add_argument("--workers", type=int, default=default.workers, help="that share the partitions")
    parser.add_argument("--probe", choices=tuple(TOPIC_OF), default=default.probe, help="what is timed")
    parser.add_argument("--no-transactions", action="store_true", help="commit without them")
    given = parser.parse_args(arguments)
    rounds = 1 if given.share is None else _ROUNDS
    if given.seconds < rounds:
        parser.error(f"--seconds must be at least {rounds}, a second for each round")
    return LatencyPlan(
        probe=given.probe,
        has_transactions=not given.no_transactions,
        seconds=given.seconds,
        events_per_second=given.events,
        share=given.share,
        rounds=rounds,
        conversations_per_second=given.conversations,
        customers=given.customers,
        partitions=given.partitions,
        workers=given.workers,
    )


def main(arguments: list[str] | None = None) -> int:
    """Run it; 0 when every reason was answered once, 1 when not, 2 with one sentence when it cannot be run."""
    return ended(lambda: _run(_plan(arguments)))


def _run(plan: LatencyPlan) -> int:
    # A worker has a core, as in the other benchmarks; several take what is free of all.
    cores, machine = Cores.of_this_machine() if plan.workers == 1 else Cores(None, None), describe()
    result = asyncio.run(_bench(plan, cores))
    print(_told(plan, result) + (f"\n  note: {cores.note}" if cores.note else ""))
    told = {"plan": asdict(plan), "machine": machine, "cores": asdict(cores), "result": asdict(result)}
    (BUILD / "latency.json").write_text(json.dumps(told, indent=2) + "\n")
    return 0 if result.is_right else WRONG


if __name__ == "__main__":
    sys.exit(main())
