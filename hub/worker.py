"""`hub worker`: one worker process, from its settings to its end."""

import logging
import socket
from typing import NoReturn

import structlog
from mode import Service

from hub.app import Program, build_app, health
from streams.compiled import compiled
from streams.http import HttpServer, listen
from streams.kafka.run import run_worker
from streams.logs import configure
from streams.registry import Registry
from streams.settings import Settings

_DEVELOPMENT_KEY = "development"


class HttpService(Service):  # type: ignore[misc]  # Faust has no types
    """The HTTP server as a service that lives as long as the worker."""

    logger = logging.getLogger("faust.hub.http")

    def __init__(self, program: Program, settings: Settings, listening: socket.socket) -> None:
        super().__init__()
        self._program, self._settings = program, settings
        self._server = HttpServer(program.metrics, lambda: health(program), Registry.of(program.catalogue))
        self._listening = listening

    async def on_start(self) -> None:
        """Serve, and say that a worker starts: by now nothing speaks against it."""
        log, settings = structlog.get_logger(__name__), self._settings
        if settings.pseudonym_key.get_secret_value() == _DEVELOPMENT_KEY:
            log.warning("HUB_PSEUDONYM_KEY is the one for development: set a secret of your own, it is for life")
        host, port = self._listening.getsockname()[:2]
        group = self._program.app.runtime.assembly.names.group
        is_compiled = compiled() is not None
        log.info("worker starts", group=group, http=f"{host}:{port}", clock=settings.clock, compiled=is_compiled)
        await self._server.start(self._listening)

    async def on_stop(self) -> None:
        """Say that the worker stops, and stop serving."""
        structlog.get_logger(__name__).info("worker stops")
        await self._server.stop()


def run(settings: Settings) -> NoReturn:
    """Run a worker until it is told to stop; the process ends with it.

    Raises:
        StartRefused: no broker, other topics than the contracts say, no transactions where they are wanted.
        PortTaken: the HTTP address cannot be had.
    """
    configure(settings.log_level, settings.log_format)
    program = build_app(settings)
    with listen(settings.http_host, settings.http_port) as listening:
        run_worker(program.app, settings, HttpService(program, settings, listening))
