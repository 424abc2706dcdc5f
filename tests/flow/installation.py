"""The installation of the flow tests: two tiny boxes and the topics they meet on."""

from schemas import Catalogue, Topic, load
from streams.codec import Codec
from streams.core.ports import NullObserver
from streams.kafka.app import HubApp, build_faust_app
from streams.settings import Settings
from tests.flow import counting, waking

BOXES = (counting.counting_box(), waking.waking_box())


def topic(name: str, *, is_partitioned: bool = True) -> Topic:
    return Topic(
        name=name,
        owner="flow tests",
        description="for tests",
        direction="in",
        status="draft",
        key="person",
        is_partitioned=is_partitioned,
        cleanup="delete",
        retention_seconds=604_800,
        min_compaction_lag_seconds=None,
        max_message_bytes=None,
        sequence=None,
        records=(),
    )


def catalogue() -> Catalogue:
    topics = [topic(name) for name in (*counting.SOURCES, counting.OUTPUT)]
    topics += [topic(name, is_partitioned=False) for name in (waking.SOURCE, waking.OUTPUT)]
    return Catalogue({each.name: each for each in topics}, load().writers)


def app(settings: Settings) -> HubApp:
    contracts = catalogue()
    return build_faust_app(settings, BOXES, Codec(contracts), NullObserver(), contracts)
