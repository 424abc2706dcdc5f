"""Publishes a balance as framed Avro with confluent-kafka, its serializer asking a worker for the schema.

    python examples/confluent_avro.py --broker 127.0.0.1:9092 --registry http://127.0.0.1:9464 --key msisdn:79161234567

Needs `pip install confluent-kafka[schemaregistry] fastavro`. The producer keeps its own default partitioner.
"""

import argparse
import time
import uuid

from confluent_kafka import Producer
from confluent_kafka.schema_registry import SchemaRegistryClient, topic_record_subject_name_strategy
from confluent_kafka.schema_registry.avro import AvroSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

TOPIC = "billing.account.v1"
RECORD = "hub.billing.BalanceChanged"


def main() -> None:
    """Publish one record and say where it went."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--broker", default="127.0.0.1:9092")
    parser.add_argument("--registry", default="http://127.0.0.1:9464")
    parser.add_argument("--prefix", default="", help="the installation's topic prefix")
    parser.add_argument("--key", default="msisdn:79161234567")
    parser.add_argument("--balance-minor", type=int, default=4200)
    given = parser.parse_args()

    topic = given.prefix + TOPIC
    registry = SchemaRegistryClient({"url": given.registry})
    serialize = AvroSerializer(
        registry,
        registry.get_latest_version(f"{topic}-{RECORD}").schema.schema_str,
        conf={
            "auto.register.schemas": False,  # schemas are added to the hub's repository, never by a producer
            "use.latest.version": True,
            "subject.name.strategy": topic_record_subject_name_strategy,
        },
    )
    now = int(time.time() * 1000)
    record = {
        "event_id": str(uuid.uuid4()),
        "source": "/examples/confluent",
        "occurred_at": now,
        "account_id": "A-1",
        "balance_minor": given.balance_minor,
        "currency": "RUB",
        "balance_version": now,
    }
    producer = Producer({"bootstrap.servers": given.broker})
    value = serialize(record, SerializationContext(topic, MessageField.VALUE))
    producer.produce(topic, key=given.key.encode(), value=value, on_delivery=report)
    producer.flush(30)


def report(error: object, message: object) -> None:
    """Say what became of the record."""
    if error is not None:
        raise SystemExit(f"not delivered: {error}")
    print(f"delivered to {message.topic()} partition {message.partition()} offset {message.offset()}")  # type: ignore[attr-defined]


if __name__ == "__main__":
    main()
