import re

import pytest

from schemas import Topic, load, source
from schemas.shapes import Enum, named_types, parse_record

TOPICS = list(load().topics.values())
RECORD_TYPES = list(load().record_types.values())


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
def test_a_topic_is_named_by_the_rule_and_has_an_owner(topic: Topic) -> None:
    assert re.fullmatch(r"[a-z]+\.[a-z]+\.v[1-9]\d*(\.dlq)?", topic.name)
    assert topic.owner
    assert topic.description


def test_every_schema_is_on_exactly_one_topic() -> None:
    placed = [record_type.name for topic in TOPICS for record_type in topic.records]

    assert sorted(placed) == sorted(source.records())


def test_every_input_starts_with_the_envelope() -> None:
    for topic in load().inputs():
        assert topic.is_partitioned
        assert topic.key == "person"
        for record_type in topic.records:
            first = record_type.schema["fields"][:3]
            assert [each["name"] for each in first] == ["event_id", "source", "occurred_at"]
            assert record_type.lateness_seconds is not None
            assert record_type.too_old_seconds is not None
            assert record_type.lateness_seconds < record_type.too_old_seconds


def test_every_topic_that_others_write_has_dead_letters_of_its_shape() -> None:
    for topic in (*load().inputs(), *load().control_topics()):
        dead = load().topics[load().dead_letters_of(topic.name)]
        assert dead.direction == "dlq"
        assert dead.is_partitioned == topic.is_partitioned
        assert dead.retention_seconds == 30 * 86_400
        assert dead.max_message_bytes
        assert dead.max_message_bytes > 1_048_588  # the broker's default, which the original may have used up


def test_outputs_have_no_dead_letters() -> None:
    with pytest.raises(KeyError):
        load().dead_letters_of("customer.context.v1")


def test_a_named_type_is_the_same_wherever_it_is_used() -> None:
    found: dict[str, object] = {}
    for record_type in RECORD_TYPES:
        for each in named_types(parse_record(record_type.schema)):
            assert found.setdefault(each.name, each) == each


def test_every_enum_has_a_default_for_what_comes_later() -> None:
    for record_type in RECORD_TYPES:
        for each in named_types(parse_record(record_type.schema)):
            if isinstance(each, Enum):
                assert each.default == "UNKNOWN"
                assert each.default in each.symbols


def test_the_usage_topic_alone_declares_its_sequence_strict() -> None:
    assert [topic.name for topic in TOPICS if topic.sequence == "strict"] == ["usage.record.v1"]
    (usage,) = load().topics["usage.record.v1"].records
    assert "sequence" in usage.struct.__struct_fields__


def test_structs_have_the_schemas_fields_in_order() -> None:
    for record_type in RECORD_TYPES:
        names = tuple(each["name"] for each in record_type.schema["fields"])
        assert record_type.struct.__struct_fields__ == names
        assert getattr(record_type.struct, "NAME", None) == record_type.name
