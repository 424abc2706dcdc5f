"""`make bench-recovery`: CPU per changelog record of a worker that reads its state back, beside stock Faust's."""

import argparse
import asyncio
import json
import sys
import tempfile
from pathlib import Path
from typing import Final

from bench.command import BUILD, WRONG, ended, kept_logs, say
from bench.machine import Cores, describe
from bench.recovery_figures import RecoveryPlan, Result, told
from bench.recovery_run import HubBench
from bench.stock_recovery import StockBench
from hub.refusal import CommandRefused

_NO_COMPACTION: Final = {"log.cleaner.backoff.ms": "86400000"}
"""Every record that was written is there to be read, so that both can be counted."""


def main(arguments: list[str] | None = None) -> int:
    """Run it; 0 when every state was read back right, 1 when not, 2 with one sentence when it cannot be run."""
    return ended(lambda: _run(_plan(arguments)))


def _run(plan: RecoveryPlan) -> int:
    result = asyncio.run(_bench(plan))
    print("\n".join(told(result)))
    path = BUILD / "recovery.json"
    path.write_text(json.dumps(result.to_dict(), indent=2) + "\n")
    return 0 if result.is_right else WRONG


async def _bench(plan: RecoveryPlan) -> Result:
    cores, machine = Cores.of_this_machine(), describe()
    BUILD.mkdir(parents=True, exist_ok=True)
    with kept_logs() as logs, tempfile.TemporaryDirectory(prefix="hub-recovery-", ignore_cleanup_errors=True) as data:
        say("Apache Kafka starts ...")
        with cores.kafka(Path(data), _NO_COMPACTION) as kafka:
            stock = None
            if plan.stock_events:
                stock = await StockBench(kafka.address, plan.stock_events, cores, logs, say).run(plan.repeat)
            hub = await HubBench(kafka.address, plan, cores, logs, say).run()
    return Result(plan=plan, machine=machine, cores=cores, hub=hub, stock=stock)


def _plan(arguments: list[str] | None) -> RecoveryPlan:
    parser = argparse.ArgumentParser(prog="python -m bench.recovery", description=__doc__)
    default = RecoveryPlan()
    parser.add_argument("--customers", type=int, default=default.customers)
    parser.add_argument("--usage", type=int, default=default.usage, help="how often each uses something and is charged")
    parser.add_argument(
        "--probes", type=int, default=default.probes, help="how many customers are looked at in the end"
    )
    parser.add_argument(
        "--repeat", type=int, default=default.repeat, help="measure each start so often; the median counts"
    )
    stock_help = "changelog records for stock Faust; 0: leave it out"
    parser.add_argument("--stock-events", type=int, default=default.stock_events, help=stock_help)
    parser.add_argument("--seed", type=int, default=default.seed)
    try:
        return RecoveryPlan(**vars(parser.parse_args(arguments)))
    except ValueError as fault:
        raise CommandRefused(str(fault)) from None


if __name__ == "__main__":
    sys.exit(main())
