"""How far the changelogs are written."""

from aiokafka import AIOKafkaConsumer, TopicPartition

from hub.composition import boxes
from schemas import load
from streams.kafka.names import Names
from streams.settings import Settings


async def changelog_ends(settings: Settings) -> dict[str, int]:
    """Give the sum of the end offsets of each box's changelog; transaction markers count among them."""
    names = Names.of(settings)
    consumer = AIOKafkaConsumer(bootstrap_servers=settings.broker, enable_auto_commit=False)
    await consumer.start()
    try:
        sums = {}
        for box in boxes(load()):
            count = box.tasks(settings.partitions)
            places = [TopicPartition(names.changelog(box.name), number) for number in range(count)]
            sums[box.name] = sum((await consumer.end_offsets(places)).values())
        return sums
    finally:
        await consumer.stop()
