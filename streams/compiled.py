"""Whether the compiled part is used: `HUB_COMPILED`, and whether it was built.

What it does is also there in Python, which is its oracle and takes its place; see docs/adr/0020-compiled-part.md.
"""

import os
from functools import cache
from types import ModuleType
from typing import Final, NamedTuple

KEY: Final = "HUB_COMPILED"


class Compiled(NamedTuple):
    """The compiled part.

    Attributes:
        codec: Avro by plans.
        records: Kafka's record batches.
    """

    codec: ModuleType
    records: ModuleType


def compiled(choice: str | None = None) -> Compiled | None:
    """Return the compiled part, None where it was not built or is not wanted.

    Args:
        choice: `off`, or anything else for what was built; what the environment says unless given.
    """
    return _compiled(os.environ.get(KEY) if choice is None else choice)


@cache
def _compiled(choice: str | None) -> Compiled | None:
    if choice == "off":
        return None
    try:
        from streams.native import codec, records  # noqa: PLC0415 - it may not be there
    except ImportError:
        return None
    return Compiled(codec, records)
