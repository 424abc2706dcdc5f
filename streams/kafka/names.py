"""Names on the cluster: the hub speaks logical topic names, and this is the only place that adds the prefix."""

from dataclasses import dataclass
from typing import Self

from streams.settings import Settings


@dataclass(frozen=True, slots=True)
class Names:
    """The names of one installation.

    Attributes:
        prefix: Stands before every name, groups and transactional ids included.
        application: Name of the application.
    """

    prefix: str
    application: str

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Return the names of the installation that `settings` describe."""
        return cls(settings.topic_prefix, settings.application)

    @property
    def group(self) -> str:
        """The consumer group, and Faust's app id."""
        return f"{self.prefix}{self.application}"

    def topic(self, logical: str) -> str:
        """Return the name on the cluster of a logical topic."""
        return f"{self.prefix}{logical}"

    def logical(self, topic: str) -> str:
        """Return the logical name of a topic on the cluster."""
        return topic.removeprefix(self.prefix)

    def changelog(self, box: str) -> str:
        """Return the name on the cluster of a box's changelog; Faust derives the same for the box's table."""
        return f"{self.group}-{box}-changelog"

    def transactional_id(self, box: str, partition: int) -> str:
        """Return the id whose newest user alone may write for a task; for life, or the fence is none."""
        return f"{self.group}-{box}-{partition}"
