"""What one worker's `/metrics` says of itself."""

from prometheus_client.parser import text_string_to_metric_families

from streams.metrics import Tally


def events_of(exposition: str) -> int:
    """Count the events that a worker entered into customers' records."""
    return int(
        sum(
            sample.value
            for family in text_string_to_metric_families(exposition)
            for sample in family.samples
            if sample.name == Tally.EVENTS
        )
    )
