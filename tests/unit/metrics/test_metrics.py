"""The catalogue is the one place, and what is counted shows under the names it gives."""

import re
from pathlib import Path

import pytest

from streams.metrics import CATALOGUE, Lag, Metric, Metrics, Tally, page
from streams.tallies import LABELS


def _sample(metrics: Metrics, name: str, **labels: str) -> float | None:
    return metrics.registry.get_sample_value(name, labels)


def test_page_is_what_the_catalogue_says() -> None:
    assert Path("docs/metrics.md").read_text(encoding="utf-8") == page()


@pytest.mark.parametrize("metric", CATALOGUE, ids=lambda metric: metric.name)
def test_name_follows_the_convention(metric: Metric) -> None:
    name, kind = metric.name, metric.kind
    assert re.fullmatch(r"hub(_[a-z]+)+", name)
    assert name.endswith("_total") == (kind == "counter")
    assert name.endswith("_seconds") or kind != "histogram"


def test_names_are_unique_and_every_tally_has_labels() -> None:
    assert len({metric.name for metric in CATALOGUE}) == len(CATALOGUE)
    assert set(LABELS) == set(Tally)


def test_every_tally_is_counted_under_its_labels() -> None:
    metrics = Metrics()
    metrics.committed("customer", 0.01, {(tally, LABELS[tally]): 3 for tally in Tally})
    assert metrics.unknown == 0
    for tally in Tally:
        assert _sample(metrics, tally.value, **{label: label for label in LABELS[tally]}) == 3


def test_unknown_tally_does_not_raise_and_is_noticed() -> None:
    metrics = Metrics()
    metrics.committed("customer", 0.01, {("hub_mistyped_total", ()): 2, (Tally.DEAD_LETTERS, ("one",)): 1})
    assert metrics.unknown == 3


def test_chunk_is_counted_with_its_age() -> None:
    metrics = Metrics()
    metrics.applied("resolve", "usage.record.v1", 7, 0.001, 0.2)
    metrics.applied("resolve", "usage.record.v1", 5, 0.001, None)
    assert _sample(metrics, "hub_records_total", box="resolve", topic="usage.record.v1") == 12
    assert _sample(metrics, "hub_chunk_seconds_count", box="resolve") == 2
    assert _sample(metrics, "hub_age_seconds_count", box="resolve") == 1


def test_task_is_in_one_state_at_a_time_and_gone_when_closed() -> None:
    metrics = Metrics()
    metrics.task_state("customer", 3, "recovering")
    metrics.task_state("customer", 3, "open")
    assert _sample(metrics, "hub_tasks", box="customer", state="recovering") == 0
    assert _sample(metrics, "hub_tasks", box="customer", state="open") == 1
    assert metrics.tasks() == {"customer-3": "open"}
    metrics.task_state("customer", 3, "closed")
    assert metrics.tasks() == {}
    assert _sample(metrics, "hub_tasks", box="customer", state="open") == 0


def test_lag_is_of_the_furthest_task_and_vanishes_with_its_task() -> None:
    metrics, lags = Metrics(), [Lag("customer", 5, 1.5), Lag("customer", 2, 9.0)]
    metrics.watch_lags(lambda: lags)
    metrics.exposition()
    assert _sample(metrics, "hub_lag_seconds", box="customer") == 9.0
    assert _sample(metrics, "hub_lag_records", box="customer") == 7
    lags.clear()
    metrics.exposition()
    assert _sample(metrics, "hub_lag_seconds", box="customer") is None


def test_two_workers_in_one_process_share_nothing() -> None:
    one, other = Metrics(), Metrics()
    one.applied("resolve", "t", 1, 0.0, None)
    assert _sample(other, "hub_records_total", box="resolve", topic="t") is None


def test_exposition_tells_the_build_and_the_process() -> None:
    text = Metrics().exposition().decode()
    assert 'hub_build_info{compiled="' in text
    assert ',python="' in text
    assert "process_cpu_seconds_total" in text
