"""What the checks of every kind of configuration are made of."""

import re
from collections.abc import Iterable
from typing import Final, TypeAlias

CURRENCY: Final = re.compile(r"[A-Z]{3}", re.ASCII)
UNKNOWN: Final = "UNKNOWN"
WHOLE: Final = 100

Check: TypeAlias = tuple[bool, str]
"""Whether something is wrong, and what it would be."""


def has_twice(values: Iterable[object]) -> bool:
    """Return True when a value occurs more than once."""
    listed = list(values)
    return len(set(listed)) < len(listed)
