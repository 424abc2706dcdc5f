"""How far the changelogs are written."""

from aiokafka import AIOKafkaConsumer, TopicPartition

from hub.composition import boxes
from schemas import load
from streams.kafka.names import Names
from streams.settings import Settings


async def changelog_ends(settings: Settings) -> dict[str, int]:
    """Give the sum of the end offsets of each box's changelog; transaction markers count among them."""
    names = Names.of(settings)
    return {
        box.name: await end_of(settings.broker, names.changelog(box.name), box.tasks(settings.partitions))
        for box in boxes(load())
    }


async def end_of(broker: str, topic: str, partitions: int) -> int:
    """Give the sum of a topic's end offsets."""
    consumer = AIOKafkaConsumer(bootstrap_servers=broker, enable_auto_commit=False)
    await consumer.start()
    try:
        places = [TopicPartition(topic, number) for number in range(partitions)]
        return sum((await consumer.end_offsets(places)).values())
    finally:
        await consumer.stop()
