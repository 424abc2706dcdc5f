"""What every input event says about itself, whichever way it is written."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from schemas import cloudevents
from schemas.reasons import DeadLetterReason
from streams.codec.errors import Undecodable
from streams.core.records import Header, Millis

FIELDS = ("event_id", "source", "occurred_at")
"""The fields that each input record starts with."""

LONGEST_NAME = 256
"""Characters of `event_id` and of `source`: both stand in records and outputs of their own long after the event."""


class Carrier(Protocol):
    """Whatever has a value and headers: a consumer's record, or a timeline's entry."""

    @property
    def value(self) -> bytes | None:
        """The raw value."""

    @property
    def headers(self) -> Sequence[Header]:
        """The raw headers."""


class Envelope(NamedTuple):
    """Who says that what happened when. After `expires_at` the event changes state and triggers nothing."""

    event_id: str
    source: str
    occurred_at: Millis
    type: str
    expires_at: Millis | None


def check_names(event_id: str, source: str) -> None:
    """Refuse an event that does not say who it is.

    Raises:
        Undecodable: `event_id` or `source` is empty or longer than `LONGEST_NAME`.
    """
    if not event_id or not source or len(event_id) > LONGEST_NAME or len(source) > LONGEST_NAME:
        raise undecodable(f"event_id or source is empty, or longer than {LONGEST_NAME} characters")


def undecodable(detail: str) -> Undecodable:
    """The error for bytes that break the contract."""
    return Undecodable(DeadLetterReason.UNDECODABLE, detail)


def attributes(headers: Sequence[Header]) -> dict[str, str]:
    """The CloudEvents attributes (with their prefix) and the content type among the headers.

    Raises:
        Undecodable: one is there twice or is not UTF-8.
    """
    found: dict[str, str] = {}
    for name, value in headers:
        if name.startswith("ce_") or name == cloudevents.CONTENT_TYPE:
            if name in found:
                raise undecodable("a CloudEvents header is there twice")
            try:
                found[name] = (b"\xff" if value is None else value).decode()  # null is no UTF-8 either
            except UnicodeDecodeError:
                raise undecodable("a CloudEvents header is not UTF-8") from None
    return found


def instant(attribute: str, said: dict[str, str]) -> Millis | None:
    """A time among the attributes, None when it is not there; Undecodable when it is none."""
    text = said.get(attribute)
    if text is None:
        return None
    try:
        return cloudevents.milliseconds(text)
    except ValueError:
        raise undecodable(f"{attribute} is not an RFC 3339 time") from None


def expires_at(headers: Sequence[Header]) -> Millis | None:
    """After when an event triggers nothing, for whoever has its record already and needs no other attribute.

    Raises:
        Undecodable: the header is there and is no time.
    """
    for name, value in headers:
        if name == cloudevents.EXPIRYTIME:
            return instant(name, attributes(((name, value),)))
    return None


def agreed(envelope: Envelope, said: dict[str, str]) -> Envelope:
    """The body's envelope with what only headers can say.

    Raises:
        Undecodable: a header says something else than the body.
    """
    for attribute, value in (
        (cloudevents.ID, envelope.event_id),
        (cloudevents.SOURCE, envelope.source),
        (cloudevents.TYPE, envelope.type),
    ):
        if said.get(attribute, value) != value:
            raise undecodable(f"{attribute} differs from the body")
    time = instant(cloudevents.TIME, said)
    if time is not None and time != envelope.occurred_at:
        raise undecodable(f"{cloudevents.TIME} differs from the body")
    expiry = instant(cloudevents.EXPIRYTIME, said)
    return envelope if expiry is None else envelope._replace(expires_at=expiry)
