"""Control as a box of the picture."""

from agents.control.fold import ControlFold
from schemas import Catalogue
from streams.core.fold import Box


def control_box(catalogue: Catalogue) -> Box:
    """Return the box: one task on the one partition of every config topic."""
    sources = tuple(topic.name for topic in catalogue.config_topics())
    return Box(name="control", sources=sources, fold=ControlFold, is_single=True)
