"""A worker's own HTTP: `/metrics`, `/livez`, `/readyz`, and the schemas for standard serializers. Read only.

Faust's web server stays off: it listens everywhere, shows tables to anybody and always says that it is well.
"""

import json
import socket
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from aiohttp import web

from streams.core.errors import StartRefused
from streams.metrics import Metrics
from streams.registry import Registry, RegistryRefused

_REGISTRY_TYPE: Final = "application/vnd.schemaregistry.v1+json"
_METRICS_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_LARGEST_BODY_BYTES: Final = 1 << 20
_STOP_SECONDS: Final = 1.0

Status = Mapping[str, object]
"""`is_alive` and `is_ready` (missing means no), `tasks`: state by `<box>-<partition>`, and whatever else helps."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class PortTaken(StartRefused):
    """The address cannot be listened on. The text is one sentence."""


class HttpServer:
    """Serves one worker's metrics and health; `start` and `stop` frame its life.

    Args:
        metrics: What `/metrics` shows.
        status: Asked at every `/livez` and `/readyz`; quick, never raises.
        registry: What the registry's paths show.
    """

    def __init__(self, metrics: Metrics, status: Callable[[], Status], registry: Registry) -> None:
        self._metrics, self._status, self._registry = metrics, status, registry
        self._runner: web.AppRunner | None = None

    async def start(self, listening: socket.socket) -> int:
        """Serve on a socket that `listen` made, which is this server's from now on; return its port."""
        app = web.Application(client_max_size=_LARGEST_BODY_BYTES, middlewares=[_refusals])
        app.add_routes(self._routes())
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=_STOP_SECONDS)
        await self._runner.setup()
        await web.SockSite(self._runner, listening).start()
        return int(listening.getsockname()[1])

    async def stop(self) -> None:
        """Stop listening; answers under way get a second."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    def _routes(self) -> list[web.RouteDef]:
        registry = self._registry
        return [
            web.get("/metrics", self._expose),
            web.get("/livez", self._health("is_alive")),
            web.get("/readyz", self._health("is_ready")),
            web.get("/subjects", _answer(lambda _: registry.subjects())),
            web.get("/subjects/{subject}/versions", _answer(lambda r: registry.versions(r.match_info["subject"]))),
            web.get(
                "/subjects/{subject}/versions/{version}",
                _answer(lambda r: registry.version(r.match_info["subject"], r.match_info["version"])),
            ),
            web.get(r"/schemas/ids/{id:\d{1,10}}", _answer(lambda r: registry.by_id(int(r.match_info["id"])))),
            web.get("/schemas/types", _answer(lambda _: ["AVRO"])),
            web.get("/config", _answer(lambda _: {"compatibilityLevel": "FULL_TRANSITIVE"})),
            web.get("/mode", _answer(lambda _: {"mode": "READONLY"})),
            web.post("/subjects/{subject}", self._look_up),
            web.post("/subjects/{subject}/versions", self._register),
        ]

    async def _expose(self, _request: web.Request) -> web.Response:
        return web.Response(body=self._metrics.exposition(), headers={"Content-Type": _METRICS_TYPE})

    def _health(self, key: str) -> Handler:
        async def answer(_request: web.Request) -> web.StreamResponse:
            status = self._status()
            return web.json_response(dict(status), status=200 if status.get(key) else 503)

        return answer

    async def _look_up(self, request: web.Request) -> web.Response:
        return _json(self._registry.look_up(request.match_info["subject"], await _body(request)))

    async def _register(self, request: web.Request) -> web.Response:
        return _json(self._registry.register(request.match_info["subject"], await _body(request)))


def listen(host: str, port: int) -> socket.socket:
    """Take an address before anything else starts; port 0 is a free one.

    Raises:
        PortTaken: when it cannot be had.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=128)
    except OSError as fault:
        reason = (fault.strerror or "no such address").partition(" (while attempting")[0]  # the address once more
        raise PortTaken(f"HUB_HTTP_HOST {host} with HUB_HTTP_PORT {port} cannot be listened on: {reason}.") from None


def _answer(view: Callable[[web.Request], object]) -> Handler:
    async def answer(request: web.Request) -> web.StreamResponse:
        return _json(view(request))

    return answer


@web.middleware
async def _refusals(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except RegistryRefused as refused:
        return _json({"error_code": refused.code, "message": str(refused)}, refused.code // 100)


async def _body(request: web.Request) -> object:
    try:
        return json.loads(await request.read())
    except (ValueError, RecursionError):
        return None


def _json(value: object, status: int = 200) -> web.Response:
    return web.Response(text=json.dumps(value), status=status, content_type=_REGISTRY_TYPE)
