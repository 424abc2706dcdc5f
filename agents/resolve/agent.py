"""Resolve as a box of the picture."""

from agents.resolve.fold import IDENTITY, ResolveFold
from agents.resolve.stray import STRAY
from schemas import Catalogue
from streams.core.fold import Box


def resolve_box(catalogue: Catalogue) -> Box:
    """Return the box: partition k of every people-keyed input, of the identities and of the strays is one task."""
    inputs = tuple(topic.name for topic in catalogue.inputs())
    return Box(name="resolve", sources=(IDENTITY, STRAY, *inputs), fold=ResolveFold)
