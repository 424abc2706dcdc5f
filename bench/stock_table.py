"""Fills the reference table in stock Faust, or reads it back from its changelog; says one line of JSON.

usage: python -m bench.stock_table BROKER NAME EVENTS

After so many events it says so and waits to be told to stop, which writes out what its producer still holds. With 0
events it ends itself as soon as the table is read back, and says what that cost since the process began.
"""

import json
import os
import sys
from typing import Any

import faust

from bench.stock_faust import TABLE, Meter, build, cpu_seconds, run


class _Filled(Meter):
    """Says that the table is filled."""

    def count(self) -> None:
        """Count an event."""
        self.seen += 1
        if self.seen == self.target:
            _say({"events": self.seen})


def end_when_recovered(app: faust.App) -> None:
    """Let the process end with its result once Faust calls the table recovered."""
    table: Any = app.tables[TABLE]

    @table.on_recover  # type: ignore[untyped-decorator]  # Faust has no types
    async def recovered() -> None:
        cpu = cpu_seconds()  # before the table is looked at
        states = [dict(state) for state in table.values()]
        _say({"cpu_seconds": cpu, "keys": len(states), "events": sum(state.get("events", 0) for state in states)})
        os._exit(0)


def _say(result: dict[str, float]) -> None:
    print(json.dumps(result), flush=True)


def main() -> None:
    """Run the worker."""
    broker, name, events = sys.argv[1], sys.argv[2], int(sys.argv[3])
    app = build(broker, _Filled(events), name)
    if not events:
        end_when_recovered(app)
    run(app)


if __name__ == "__main__":
    main()
