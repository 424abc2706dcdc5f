"""A worker process of the flow tests: `python -m tests.flow.worker`, configured like any worker."""

import logging
import sys

from streams.core.errors import StartRefused
from streams.kafka.run import run_worker
from streams.settings import load
from tests.flow import installation


def main() -> int:
    settings = load()
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    try:
        run_worker(installation.app(settings), settings)
    except StartRefused as refusal:
        sys.stderr.write(f"{refusal}.\n")
        return 2


if __name__ == "__main__":
    sys.exit(main())
