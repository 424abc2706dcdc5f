"""Bytes to typed records and back: Confluent-framed Avro and JSON CloudEvents in, framed Avro out."""

from schemas.cloudevents import ce_headers
from streams.codec.codec import FRAME, Codec
from streams.codec.envelope import Carrier, Envelope, expires_at
from streams.codec.errors import Undecodable
from streams.codec.occurrence import Occurrence

__all__ = ["FRAME", "Carrier", "Codec", "Envelope", "Occurrence", "Undecodable", "ce_headers", "expires_at"]
