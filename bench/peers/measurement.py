"""Measures one engine once on a reference load, on topics of its own."""

import asyncio
import os
import secrets
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.command import Say
from bench.machine import Cores
from bench.peers.engines import Engine
from bench.peers.figures import Run
from bench.peers.load import ReferenceLoad
from bench.peers.names import PARTITIONS, RunNames
from bench.peers.plan import Span
from bench.peers.process import EngineProcess
from bench.peers.progress import Progress
from bench.peers.publishing import BatchPublisher
from bench.peers.reading import Ends, Reader, faults
from bench.profiled import BEGIN, WRITE
from hub.refusal import CommandRefused
from streams.kafka.cluster import Cluster
from streams.kafka.topics import DesiredTopic

_REST_SECONDS: Final = 1.0
"""For what an engine does when it has nothing to do: a JVM compiles on, a consumer's fetch comes back empty."""
_SAY_SECONDS: Final = 5.0
_PROFILE_SECONDS: Final = 60.0
_SETTINGS: Final = {"retention.ms": "-1"}


@dataclass(frozen=True, slots=True)
class Site:
    """Where engines are measured.

    Attributes:
        broker: `host:port`.
        cores: Who runs where.
        directory: For logs and what engines keep on disk.
        say: Told how far it is.
    """

    broker: str
    cores: Cores
    directory: Path
    say: Say


async def measure(engine: Engine, load: ReferenceLoad, span: Span, site: Site, profile: Path | None = None) -> Run:
    """Let the engine work off a load and say what that cost.

    The engine starts and works off the events it is to warm up on. It is paused, the events to be billed are
    published, and its CPU time is read; then it goes on until its group has committed the last of them, and its CPU
    time is read again. So everybody finds the same at once, and nobody is billed for less than all of its work.

    Args:
        engine: What to measure.
        load: What to give it.
        span: How much of that.
        site: Where.
        profile: Where its profile goes; only for an engine that runs under `bench.profiled`.

    Raises:
        CommandRefused: the engine ended, or does not get on.
    """
    names = RunNames(f"bench-{os.getpid()}-{secrets.token_hex(3)}.")
    site.say(f"{engine.label}, {engine.guarantee}: {span.warm:,} events to warm up, then {span.events:,} ...")
    async with Cluster(site.broker) as cluster:
        topics = [DesiredTopic(name, PARTITIONS, _SETTINGS) for name in (names.source, names.output)]
        await cluster.create(topics, replication_factor=1)
        try:
            with tempfile.TemporaryDirectory(prefix="state-", dir=site.directory, ignore_cleanup_errors=True) as state:
                command = engine.command(site.broker, names, Path(state))
                run = await _Measurement(engine, load, span, site, names).run(_profiled(command, profile), profile)
        finally:
            own = [name for name in await cluster.partitions() if names.prefix in name]
            await cluster.delete(own)
    return run


class _Measurement:
    def __init__(self, engine: Engine, load: ReferenceLoad, span: Span, site: Site, names: RunNames) -> None:
        self._engine, self._load, self._span, self._site, self._names = engine, load, span, site, names
        self._reader = Reader(site.broker)

    async def run(self, command: tuple[str, ...], profile: Path | None) -> Run:
        span, site, names = self._span, self._site, self._names
        log = site.directory / f"{self._engine.name}.log"
        async with BatchPublisher(site.broker) as publisher, Progress(site.broker, names) as progress:
            await publisher.publish(names.source, self._load.between(0, span.warm))
            async with EngineProcess.started(self._engine.label, command, site.cores, log) as process:
                await progress.until(span.warm, self._look(process, span.warm))
                await asyncio.sleep(_REST_SECONDS)
                since = await self._changelog_ends()
                process.pause()
                await publisher.publish(names.source, self._load.between(span.warm, span.end))
                if profile is not None:
                    process.signal(BEGIN)
                before, began = process.usage, time.perf_counter()
                process.resume()
                await progress.until(span.end, self._look(process, span.end))
                after, ended = process.usage, time.perf_counter()
                if profile is not None:
                    process.signal(WRITE)
                    await _appears(profile)
        records, found = await self._judge(since)
        return Run(
            warm=span.warm,
            events=span.events,
            user_seconds=after.user_seconds - before.user_seconds,
            system_seconds=after.system_seconds - before.system_seconds,
            wall_seconds=ended - began,
            peak_bytes=after.peak_bytes,
            changelog_records=records,
            faults=found,
        )

    def _look(self, process: EngineProcess, events: int) -> Callable[[int], None]:
        """Return what checks the process, and says now and then how far it is."""
        said_at = time.monotonic()

        def look(committed: int) -> None:
            nonlocal said_at
            process.check()
            if time.monotonic() - said_at > _SAY_SECONDS:
                said_at = time.monotonic()
                self._site.say(f"    {committed:>9,} of {events:,} committed")

        return look

    async def _changelog_ends(self) -> Ends | None:
        changelog = self._engine.changelog(self._names)
        return None if changelog is None else await self._reader.ends(changelog)

    async def _judge(self, since: Ends | None) -> tuple[int | None, tuple[str, ...]]:
        """Return how many changelog records were billed, and what is wrong."""
        outputs = await self._reader.read(self._names.output, keeps_all=True)
        changelog = self._engine.changelog(self._names)
        written = None if changelog is None else await self._reader.read(changelog, since)
        states = None if written is None else written.last
        found = faults(self._load.expected(self._span.end), outputs.values, states, self._engine.read)
        return (None if written is None else written.later), tuple(found)


def _profiled(command: tuple[str, ...], profile: Path | None) -> tuple[str, ...]:
    """Put the profiler before a module: python -m MODULE ... becomes python -m bench.profiled FILE MODULE ..."""
    if profile is None:
        return command
    python, option, *module = command
    return (python, option, "bench.profiled", str(profile), *module)


async def _appears(path: Path) -> None:
    limit = time.monotonic() + _PROFILE_SECONDS
    while not await asyncio.to_thread(path.exists):
        if time.monotonic() > limit:
            raise CommandRefused("the hub did not write its profile")
        await asyncio.sleep(0.1)
