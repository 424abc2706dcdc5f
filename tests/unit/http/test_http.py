"""A worker says over HTTP how it is, and serves schemas to a standard client."""

import json
from collections.abc import AsyncIterator

import aiohttp
import pytest

from schemas import WriterSchema
from streams.http import HttpServer, PortTaken, listen
from streams.metrics import Metrics
from streams.registry import Registry

SCHEMA = {"type": "record", "name": "hub.test.Happened", "fields": [{"name": "a", "type": "string"}]}


@pytest.fixture
def status() -> dict[str, object]:
    return {"is_alive": True, "is_ready": False, "tasks": {"customer-0": "recovering"}}


@pytest.fixture
async def url(status: dict[str, object]) -> AsyncIterator[str]:
    metrics = Metrics()
    metrics.task_state("customer", 0, "recovering")
    registry = Registry({"test.thing.v1": ["hub.test.Happened"]}, [WriterSchema(7, "hub.test.Happened", 1, SCHEMA)])
    server = HttpServer(metrics, lambda: status, registry)
    port = await server.start(listen("127.0.0.1", 0))
    yield f"http://127.0.0.1:{port}"
    await server.stop()


async def _get(url: str) -> tuple[int, str, str]:
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        return answer.status, answer.content_type, await answer.text()


async def test_metrics_are_served_as_prometheus_reads_them(url: str) -> None:
    status, kind, text = await _get(url + "/metrics")
    assert (status, kind) == (200, "text/plain")
    assert 'hub_tasks{box="customer",state="recovering"} 1.0' in text


async def test_worker_is_alive_before_it_is_ready(url: str, status: dict[str, object]) -> None:
    assert (await _get(url + "/livez"))[0] == 200
    code, _, text = await _get(url + "/readyz")
    assert (code, json.loads(text)["tasks"]) == (503, {"customer-0": "recovering"})
    status["is_ready"] = True
    assert (await _get(url + "/readyz"))[0] == 200


async def test_schema_is_served_under_the_registrys_paths(url: str) -> None:
    code, kind, text = await _get(url + "/subjects/test.thing.v1-hub.test.Happened/versions/latest")
    assert (code, kind, json.loads(text)["id"]) == (200, "application/vnd.schemaregistry.v1+json", 7)
    assert json.loads((await _get(url + "/schemas/ids/7"))[2]) == {"schema": json.dumps(SCHEMA)}
    assert (await _get(url + "/subjects/nobody/versions"))[0] == 404


async def test_unknown_schema_is_refused_on_registration(url: str) -> None:
    body = {"schema": json.dumps({**SCHEMA, "name": "hub.test.Other"})}
    path = url + "/subjects/test.thing.v1-hub.test.Happened/versions"
    async with aiohttp.ClientSession() as session, session.post(path, json=body) as answer:
        assert (answer.status, (await answer.json(content_type=None))["error_code"]) == (403, 40301)


async def test_garbage_is_no_server_error(url: str) -> None:
    path = url + "/subjects/test.thing.v1-hub.test.Happened"
    async with aiohttp.ClientSession() as session, session.post(path, data=b"\xff{[") as answer:
        assert answer.status == 422
    assert (await _get(url + "/schemas/ids/x"))[0] == 404
    assert (await _get(url + "/table/customer/1"))[0] == 404


def test_taken_port_is_one_sentence_naming_the_setting() -> None:
    with listen("127.0.0.1", 0) as holder:
        port = holder.getsockname()[1]
        with pytest.raises(PortTaken, match=rf"HUB_HTTP_PORT {port} cannot be listened on: [A-Za-z ]+\.$"):
            listen("127.0.0.1", port)


def test_unknown_host_is_refused() -> None:
    with pytest.raises(PortTaken, match=r"HUB_HTTP_HOST nowhere\.invalid"):
        listen("nowhere.invalid", 0)
