"""A scorer outside the hub: answers nba.request.v1 on nba.score.v1 with confluent-kafka, by topics alone.

    python examples/scorer.py --broker 127.0.0.1:9092 --registry http://127.0.0.1:9464

The model is a toy: whoever spends more is likelier to take anything, and what comes later in the alphabet is likelier
than what comes first. Needs `pip install confluent-kafka[schemaregistry] fastavro`. The offers in force must give a
scorer time (`scorer_wait_millis`); an answer that comes later changes nothing, and without one the hub ranks by itself.
"""

import argparse
import time
import uuid
from collections.abc import Iterator
from typing import Any

from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.schema_registry import SchemaRegistryClient, topic_record_subject_name_strategy
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

REQUESTS, SCORES = "nba.request.v1", "nba.score.v1"
SCORED = "hub.nba.ActionsScored"
CERTAIN_PPM = 1_000_000


def score(request: dict[str, Any]) -> list[dict[str, Any]]:
    """Return how likely the customer takes each candidate."""
    spend = request["features"].get("spend_30d_minor", 0)
    base = min(400_000, spend if isinstance(spend, int) else 0)
    candidates = sorted(request["candidates"])
    step = (CERTAIN_PPM - base) // (2 * len(candidates))
    return [{"action_id": action, "propensity_ppm": base + step * place} for place, action in enumerate(candidates, 1)]


def requests(consumer: Consumer, read: AvroDeserializer, topic: str) -> Iterator[tuple[bytes, dict[str, Any]]]:
    """Yield customer and request, for ever."""
    while True:
        message = consumer.poll(0.5)
        if message is not None and message.error() is None:
            yield message.key(), read(message.value(), SerializationContext(topic, MessageField.VALUE))


def from_now_on(consumer: Consumer, partitions: list[TopicPartition]) -> None:
    """Read from where the topics end at this moment, and say so: who asks after the line was printed is read.

    With `auto.offset.reset` alone the end is looked up some time after the assignment, and what was asked between the
    two is passed over. After a rebalance it is the end again: an answer to what was asked before would be too late.
    """
    for partition in partitions:
        _, partition.offset = consumer.get_watermark_offsets(partition, timeout=10)
    consumer.assign(partitions)
    print("asking is on", flush=True)


def main() -> None:
    """Answer until the count is reached, or for ever."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--broker", default="127.0.0.1:9092")
    parser.add_argument("--registry", default="http://127.0.0.1:9464")
    parser.add_argument("--prefix", default="", help="the installation's topic prefix")
    parser.add_argument("--count", type=int, default=0, help="end after so many answers; 0 is never")
    given = parser.parse_args()

    registry = SchemaRegistryClient({"url": given.registry})
    asked, answered = given.prefix + REQUESTS, given.prefix + SCORES
    read = AvroDeserializer(registry)
    write = AvroSerializer(
        registry,
        registry.get_latest_version(f"{answered}-{SCORED}").schema.schema_str,
        conf={
            "auto.register.schemas": False,
            "use.latest.version": True,
            "subject.name.strategy": topic_record_subject_name_strategy,
        },
    )
    consumer = Consumer(
        {
            "bootstrap.servers": given.broker,
            "group.id": f"scorer-{uuid.uuid4().hex[:8]}",
            "enable.auto.commit": False,
            "isolation.level": "read_committed",
        }
    )
    producer = Producer({"bootstrap.servers": given.broker, "linger.ms": 0})
    consumer.subscribe([asked], on_assign=from_now_on)
    for count, (customer, request) in enumerate(requests(consumer, read, asked), 1):
        answer = {
            "event_id": str(uuid.uuid4()),
            "source": "/examples/scorer",
            "occurred_at": int(time.time() * 1000),
            "request_id": request["request_id"],
            "model": "toy-1",
            "scores": score(request),
        }
        value = write(answer, SerializationContext(answered, MessageField.VALUE))
        producer.produce(answered, key=b"customer:" + customer, value=value)
        producer.flush(5)
        if count == given.count:
            break
    consumer.close()


if __name__ == "__main__":
    main()
