"""The reference operator in stock Faust, with the settings that were fastest; see `bench/stock_faust.py`.

usage: python -m bench.peers.faust_engine BROKER PREFIX    (the topics exist; ends with SIGTERM)
"""

import sys

from bench.peers.names import SESSION_SECONDS, RunNames
from bench.stock_faust import Meter, build, run


class _Unmetered(Meter):
    """Counts nothing: the process is measured from outside."""

    def count(self) -> None:
        """Do nothing."""


def main() -> None:
    """Run the worker until it is told to stop."""
    names = RunNames(sys.argv[2])
    run(
        build(
            sys.argv[1],
            _Unmetered(0),
            names.group,
            source=names.source,
            output=names.output,
            session_seconds=SESSION_SECONDS,
        )
    )


if __name__ == "__main__":
    main()
