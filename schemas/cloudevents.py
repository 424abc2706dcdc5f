"""CloudEvents 1.0 on Kafka, binary mode: attributes are headers, the value is the record.

Names and formats follow the CloudEvents core specification 1.0.2 and its Kafka protocol binding.
"""

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

SPECVERSION: Final = "ce_specversion"
ID: Final = "ce_id"
SOURCE: Final = "ce_source"
TYPE: Final = "ce_type"
TIME: Final = "ce_time"
EXPIRYTIME: Final = "ce_expirytime"
CONTENT_TYPE: Final = "content-type"
AVRO: Final = b"application/avro"
JSON: Final = b"application/json"

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)
_RFC3339: Final = re.compile(r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})", re.ASCII)


def ce_headers(
    record_name: str,
    id: str,  # noqa: A002 - its name in CloudEvents
    source: str,
    time_ms: int,
    content_type: bytes = AVRO,
) -> tuple[tuple[str, bytes], ...]:
    """The headers of one event. `time_ms` is when it happened, UTC milliseconds."""
    return (
        (SPECVERSION, b"1.0"),
        (ID, id.encode()),
        (SOURCE, source.encode()),
        (TYPE, record_name.encode()),
        (TIME, _time(time_ms)),
        (CONTENT_TYPE, content_type),
    )


@lru_cache(maxsize=1024)
def _time(time_ms: int) -> bytes:
    """The header's value; outputs of one chunk share their time."""
    return rfc3339(time_ms).encode()


def rfc3339(time_ms: int) -> str:
    """UTC milliseconds as an RFC 3339 timestamp; OverflowError outside the years 1 to 9999."""
    moment = _EPOCH + timedelta(milliseconds=time_ms)
    return f"{moment.replace(tzinfo=None).isoformat(timespec='milliseconds')}Z"


@lru_cache(maxsize=1024)
def milliseconds(timestamp: str) -> int:
    """An RFC 3339 timestamp as UTC milliseconds, what is finer cut off.

    Raises:
        ValueError: not an RFC 3339 timestamp; one without an offset is none.
    """
    if not _RFC3339.fullmatch(timestamp):
        raise ValueError("not an RFC 3339 timestamp")
    # An offset at the ends of the calendar leaves it; subtraction, unlike conversion, does not care.
    return (datetime.fromisoformat(timestamp.upper()) - _EPOCH) // _MILLISECOND
