"""The cyclic garbage collector, kept out of the way of a state that only grows.

State is kept as bytes, which the collector does not walk; what it would walk again and again are the modules, the
codec and the due index. They are set aside once the tasks are open.
"""

import gc
from typing import Final

_YOUNG: Final = 50_000
"""Allocations between two young collections. A chunk allocates a few thousand containers and frees nearly all of them
by reference count; with Python's own 700 the collector took a quarter of the fold's time (2026-11)."""
_MIDDLE, _OLD = 20, 50


def go_slow() -> None:
    """Collect seldom. Called before tasks open: what is read back is freed by reference count, or stays."""
    gc.set_threshold(_YOUNG, _MIDDLE, _OLD)


def set_aside() -> None:
    """Collect once, and exempt everything alive now from later collections. Called whenever tasks have opened."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()
    go_slow()
