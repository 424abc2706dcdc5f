"""The contracts of the hub: topics, records, examples, reasons, and the ids of their schemas on the wire."""

from schemas.catalogue import Catalogue, RecordType, Topic, WriterSchema
from schemas.loader import load

__all__ = ["Catalogue", "RecordType", "Topic", "WriterSchema", "load"]
