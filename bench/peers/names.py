"""What one run calls its topics, its group and its changelog."""

from dataclasses import dataclass
from typing import Final

PARTITIONS: Final = 4
APPLICATION: Final = "reference"
STORE: Final = "reference"
SOURCE: Final = "reference"
OUTPUT: Final = "reference-out"
SESSION_SECONDS: Final = 60
"""Of every engine's group membership: it is paused while the load is published."""


@dataclass(frozen=True, slots=True)
class RunNames:
    """Names of one run; every run has a prefix of its own.

    Attributes:
        prefix: Stands before all of them.
    """

    prefix: str

    @property
    def source(self) -> str:
        """The topic that is read."""
        return self.prefix + SOURCE

    @property
    def output(self) -> str:
        """The topic that one event in ten leads to a record on."""
        return self.prefix + OUTPUT

    @property
    def group(self) -> str:
        """The consumer group, which is the application's name to the hub, Faust and Kafka Streams."""
        return self.prefix + APPLICATION

    @property
    def changelog(self) -> str:
        """The changelog as the hub, Faust and Kafka Streams all name it."""
        return f"{self.group}-{STORE}-changelog"

    @property
    def quix_changelog(self) -> str:
        """The changelog as Quix Streams names it."""
        return f"changelog__{self.group}--{self.source}--default"
