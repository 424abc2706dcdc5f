"""Logical names of the topics that the engine itself writes and reads."""

from typing import Final

TIMELINE: Final = "hub.timeline.v1"
IDENTITY: Final = "hub.identity.v1"
STRAY: Final = "hub.stray.v1"
