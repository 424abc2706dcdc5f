"""What a test needs beyond Python is said in one line where it is missing, and is a failure where all is required."""

import os
import shutil
from collections.abc import Callable, Generator

import pytest

from streams.brokers.apache import missing_programs
from tests.builders.brokers import embedded_broker, kafka_broker

__all__ = ["embedded_broker", "kafka_broker"]


def _lacks_kafka() -> str | None:
    missing = [] if os.environ.get("HUB_TEST_BROKER") else missing_programs()
    if not missing:
        return None
    return (
        f"needs Apache Kafka and {' and '.join(missing)} for it: apt-get install openjdk-17-jre-headless maven, "
        "or name a cluster by HUB_TEST_BROKER=host:port"
    )


def _lacks_kcat() -> str | None:
    return None if shutil.which("kcat") else "needs the command kcat: apt-get install kcat"


def _lacks_samples() -> str | None:
    return None if os.environ.get("HUB_SAMPLES") else "needs the public data sets: HUB_SAMPLES=their directory"


_NEEDS: dict[str, Callable[[], str | None]] = {
    "kafka": _lacks_kafka,
    "kcat": _lacks_kcat,
    "samples": _lacks_samples,
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what cannot run here, saying what is missing and how to get it."""
    lacks = {marker: lack for marker, ask in _NEEDS.items() if (lack := ask()) is not None}
    for item in items:
        for marker, lack in lacks.items():
            if item.get_closest_marker(marker) is not None:
                item.add_marker(pytest.mark.skip(reason=lack))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Where everything is required (HUB_REQUIRE_ALL=1), a skip is a failure."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail") and os.environ.get("HUB_REQUIRE_ALL") == "1":
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        report.outcome = "failed"
        report.longrepr = f"everything is required here, and this was skipped: {reason}"
    return report
