from dataclasses import replace

import pytest

from schemas import Catalogue, load
from streams.core.fold import Box
from streams.kafka.topics import (
    DesiredTopic,
    MissingTopic,
    OtherPartitions,
    OtherSetting,
    UnreportedSetting,
    compare,
    desired_topics,
)
from streams.settings import Settings
from streams.settings import load as settings_of

BOXES = [
    Box("customer", ("hub.timeline.v1",), lambda _: pytest.fail("no fold is made")),
    Box("control", ("config.clock.v1",), lambda _: pytest.fail("no fold is made"), is_single=True),
]


def desired(**overrides: object) -> dict[str, DesiredTopic]:
    settings: Settings = settings_of(topic_prefix="demo.", partitions=8, **overrides)
    return {topic.name: topic for topic in desired_topics(load(), BOXES, settings)}


def test_every_topic_of_the_catalogue_is_desired_under_the_prefix() -> None:
    assert {f"demo.{name}" for name in load().topics} <= desired().keys()


def test_people_keyed_topics_have_n_partitions_and_control_topics_one() -> None:
    topics = desired()
    assert topics["demo.hub.timeline.v1"].partitions == 8
    assert topics["demo.config.clock.v1"].partitions == 1


def test_a_box_has_a_compacted_changelog_with_its_own_partition_count() -> None:
    topics = desired()
    assert topics["demo.hub-customer-changelog"].partitions == 8
    assert topics["demo.hub-control-changelog"].partitions == 1
    assert topics["demo.hub-customer-changelog"].config["cleanup.policy"] == "compact"


def test_retention_is_the_contracts_or_none_when_the_story_lies_in_the_past() -> None:
    assert desired()["demo.hub.timeline.v1"].config["retention.ms"] == "604800000"
    assert desired(retention="unlimited")["demo.hub.timeline.v1"].config["retention.ms"] == "-1"


def test_a_compacted_topic_keeps_the_lag_of_its_contract_and_has_no_retention() -> None:
    config = desired()["demo.hub.identity.v1"].config
    assert config["cleanup.policy"] == "compact"
    assert config["min.compaction.lag.ms"] == "604800000"
    assert "retention.ms" not in config


def test_a_topic_without_a_time_limit_has_none_on_the_cluster() -> None:
    topic = replace(load().topics["hub.timeline.v1"], retention_seconds=None)
    (found,) = desired_topics(Catalogue({topic.name: topic}, {}), [], settings_of())
    assert found.config["retention.ms"] == "-1"


def test_three_replicas_ask_for_two_acknowledgements() -> None:
    assert desired(replication_factor=3)["demo.hub.timeline.v1"].config["min.insync.replicas"] == "2"
    assert "min.insync.replicas" not in desired()["demo.hub.timeline.v1"].config


TOPIC = DesiredTopic("t", 8, {"cleanup.policy": "compact,delete", "retention.ms": "10", "segment.bytes": "1"})
ALIKE = {"t": {"cleanup.policy": "delete, compact", "retention.ms": "10"}}


def test_a_cluster_that_is_alike_has_no_differences() -> None:
    assert compare([TOPIC], {"t": 8}, ALIKE) == ([], [])


def test_a_missing_topic_is_one_difference_and_its_settings_none() -> None:
    assert compare([TOPIC], {}, {}) == ([MissingTopic("t")], [])


def test_another_partition_count_is_a_difference() -> None:
    assert compare([TOPIC], {"t": 4}, ALIKE) == ([OtherPartitions("t", 8, 4)], [])


def test_another_value_of_a_contract_setting_is_a_difference() -> None:
    differences, _ = compare([TOPIC], {"t": 8}, {"t": {"cleanup.policy": "compact", "retention.ms": "11"}})
    assert differences == [
        OtherSetting("t", "cleanup.policy", "compact,delete", "compact"),
        OtherSetting("t", "retention.ms", "10", "11"),
    ]


def test_what_is_tuning_may_differ() -> None:
    assert compare([TOPIC], {"t": 8}, {"t": ALIKE["t"] | {"segment.bytes": "2"}}) == ([], [])


def test_a_setting_that_is_not_reported_is_a_warning() -> None:
    differences, unreported = compare([TOPIC], {"t": 8}, {"t": {"cleanup.policy": "compact,delete"}})
    assert (differences, unreported) == ([], [UnreportedSetting("t", "retention.ms")])


@pytest.mark.parametrize(
    ("difference", "words"),
    [
        (MissingTopic("t"), "topic t is missing"),
        (OtherPartitions("t", 8, 4), "topic t has 4 partitions instead of 8"),
        (OtherSetting("t", "retention.ms", "10", "11"), "topic t has retention.ms=11 instead of 10"),
        (UnreportedSetting("t", "retention.ms"), "does not report retention.ms of topic t"),
    ],
)
def test_a_difference_is_one_sentence(difference: object, words: str) -> None:
    assert words in str(difference)
    assert "\n" not in str(difference)
