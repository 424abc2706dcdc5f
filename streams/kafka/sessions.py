"""Fetch sessions (KIP-227): a fetch names what changed since the last, and is answered with what moved.

aiokafka names every partition in every fetch, and is answered for every one; an idle worker spends itself on that. What
it asks for stays its business: its requests are shortened on their way out.
"""

import time
from typing import Any, Final, TypeAlias

from aiokafka.protocol.fetch import FetchRequest

_FIRST_VERSION: Final = 7
_FIRST_EPOCH: Final = 0
_MOST_EPOCH: Final = 2**31 - 1

_Wanted: TypeAlias = dict[str, dict[int, tuple[int, int]]]
"""By topic and partition the offset to read from and the most bytes to return."""


class _Session:
    """What a broker knows of this reader's fetches.

    Attributes:
        id: 0 for none.
        epoch: Number of the next fetch; 0 begins anew with everything.
        known: What the broker will read for, without being told again.
    """

    def __init__(self) -> None:
        self.id, self.epoch = 0, _FIRST_EPOCH
        self.known: _Wanted = {}

    def go_on(self, session_id: int, wanted: _Wanted) -> None:
        """Know what the broker knows now, or that it keeps no session."""
        self.id, self.known = session_id, wanted if session_id else {}
        self.epoch = self.epoch % _MOST_EPOCH + 1 if session_id else _FIRST_EPOCH

    def begin_anew(self) -> None:
        """Name everything next time: it is unknown what the broker took in. What it still has of this one goes."""
        self.epoch, self.known = _FIRST_EPOCH, {}


class _Fetch(FetchRequest):  # type: ignore[misc]  # aiokafka has no types
    """A fetch within a session, as short as the broker's version lets it be."""

    def __init__(self, whole: Any, session: _Session) -> None:  # noqa: ANN401 - aiokafka's request
        self.__dict__.update(vars(whole))
        self._session = session
        self.wanted: _Wanted = {
            topic: {partition: (offset, most) for partition, offset, most in partitions}
            for topic, partitions in whole.topics
        }

    def build(self, request_struct_class: Any) -> Any:  # noqa: ANN401 - aiokafka's
        if request_struct_class.API_VERSION < _FIRST_VERSION:
            return super().build(request_struct_class)
        session, new, old = self._session, self.wanted, self._session.known
        moved = [  # of most topics nothing did
            (topic, new.get(topic, {}), old.get(topic, {})) for topic in old | new if new.get(topic) != old.get(topic)
        ]
        self._topics = [
            (topic, rows)
            for topic, places, known in moved
            if (rows := [(k, *place) for k, place in places.items() if known.get(k) != place])
        ]
        gone = [(topic, left) for topic, places, known in moved if (left := [k for k in known if k not in places])]
        built: Any = super().build(request_struct_class)
        built.session_id, built.session_epoch = session.id, session.epoch
        built.forgotten_topics_data = gone
        return built


class FetchSessions:
    """An aiokafka client whose fetches go in sessions, one for each broker; the rest is the client's.

    Its fetcher has one fetch to a broker under way at a time, which is what a session needs.

    Args:
        client: aiokafka's.

    Attributes:
        answered_at: When a fetch was last answered without an error (`time.monotonic`); None before the first since
            everything began anew.
    """

    def __init__(self, client: Any) -> None:  # noqa: ANN401 - aiokafka's
        self._client = client
        self._sessions: dict[int, _Session] = {}
        self._begun = 0
        self.answered_at: float | None = None

    def begin_anew(self) -> None:
        """Name everything in the next fetches, and be told of everything.

        What moved is told once, and not again to whoever has forgotten it, as aiokafka has with a new assignment.
        """
        self._begun += 1
        self.answered_at = None
        for session in self._sessions.values():
            session.begin_anew()

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the client has
        return getattr(self._client, name)

    async def send(self, node_id: int, request: Any, **options: Any) -> Any:  # noqa: ANN401 - aiokafka's signature
        """Send as the client does, fetches in this broker's session.

        Raises:
            KafkaError: as the client does; the session then begins anew.
        """
        if not isinstance(request, FetchRequest):
            return await self._client.send(node_id, request, **options)
        session, begun = self._sessions.setdefault(node_id, _Session()), self._begun
        fetch = _Fetch(request, session)
        is_known = False
        try:
            response = await self._client.send(node_id, fetch, **options)
            is_known = begun == self._begun and not getattr(response, "error_code", 0)
        finally:
            if not is_known:  # lost on the way, given up by whoever waited, of an earlier assignment, or refused
                session.begin_anew()
        if is_known:
            session.go_on(getattr(response, "session_id", 0), fetch.wanted)
            if _is_served(response):
                self.answered_at = time.monotonic()
        return response


def _is_served(response: Any) -> bool:  # noqa: ANN401 - aiokafka's
    """Return True unless nothing but errors came."""
    codes = [code for _, partitions in response.topics for _, code, *_ in partitions]
    return not codes or not all(codes)
