"""Faust's own ways to write, closed: they would go past a task's commit."""

import logging
from typing import Any, NoReturn

import faust


class BypassRefused(Exception):  # noqa: N818 - reads as what happened
    """Something tried to write beside a task's commit."""


class BoxTable(faust.Table):  # type: ignore[misc]  # Faust has no types
    """A box's table as the group sees it: a name and a changelog. Its state lives in the tasks' stores."""

    logger = logging.getLogger("faust.hub.table")

    def __setitem__(self, key: Any, value: Any) -> NoReturn:  # noqa: ANN401 - Faust's signature
        raise BypassRefused("state goes out with its task's commit: write it as a change of the fold's unit")

    def __delitem__(self, key: Any) -> NoReturn:  # noqa: ANN401 - Faust's signature
        raise BypassRefused("state goes out with its task's commit: write it as a change of the fold's unit")


class BoxTopic(faust.Topic):  # type: ignore[misc]  # Faust has no types
    """A topic that agents read and nobody sends to."""

    async def send(self, *_: Any, **__: Any) -> NoReturn:  # noqa: ANN401 - Faust's signature
        """Refuse.

        Raises:
            BypassRefused: always.
        """
        raise BypassRefused("a record goes out with its task's commit: write it as an Output of the fold's unit")

    def send_soon(self, *_: Any, **__: Any) -> NoReturn:  # noqa: ANN401 - Faust's signature
        """Refuse.

        Raises:
            BypassRefused: always.
        """
        raise BypassRefused("a record goes out with its task's commit: write it as an Output of the fold's unit")
