"""Puts the program together: contracts, codec, boxes, metrics and Faust."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from hub.composition import boxes
from schemas import Catalogue, load
from streams.codec import Codec
from streams.http import Status
from streams.kafka.app import HubApp, build_faust_app
from streams.metrics import Lag, Metrics
from streams.settings import Settings


class Program(NamedTuple):
    """A worker's parts.

    Attributes:
        app: Faust's, one agent and one table a box.
        metrics: Counts what the app's tasks do.
        catalogue: The contracts that both were built from.
    """

    app: HubApp
    metrics: Metrics
    catalogue: Catalogue


def build_app(settings: Settings) -> Program:
    """Build everything of a worker; connects to nothing."""
    catalogue, metrics = load(), Metrics()
    app = build_faust_app(settings, boxes(catalogue), Codec(catalogue), metrics, catalogue)
    metrics.watch_lags(lambda: _lags(app.runtime.standing.status(), metrics))
    metrics.watch_stuck(lambda: app.runtime.standing.stuck)
    return Program(app, metrics, catalogue)


def health(program: Program) -> Status:
    """Say how a worker is: `is_alive`, `is_ready`, its state, what is stuck, and the state of each of its tasks.

    Ready is a worker whose tasks are all fed; a braked task or one that is being recovered makes it unready, and so
    does anything that does not get on, and a broker that does not answer.
    """
    status = program.app.runtime.standing.status()
    tasks = {f"{task['box']}-{task['partition']}": task["state"] for task in status["tasks"]}
    is_ready = bool(status["is_ready"]) and all(state == "open" for state in tasks.values())
    return {
        "is_alive": status["state"] != "dying", "is_ready": is_ready, "state": status["state"],
        "recovered_records": status["recovered_records"], "stuck": status["stuck"], "tasks": tasks,
    }  # fmt: skip


def _lags(status: dict[str, Any], metrics: Metrics) -> Iterator[Lag]:
    for task in status["tasks"]:
        records = task["lag"] or 0
        yield Lag(task["box"], records, metrics.waiting_seconds(task["box"]) if records else 0.0)
