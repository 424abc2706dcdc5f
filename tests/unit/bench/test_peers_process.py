"""The process that is measured: paused it costs nothing, and its end is told."""

import asyncio
import sys
from pathlib import Path

import pytest

from bench.machine import Cores
from bench.peers.process import EngineProcess
from hub.refusal import CommandRefused

ANYWHERE = Cores(None, None)
BUSY = "while True: pass"


async def watch(process: EngineProcess) -> None:
    async with asyncio.timeout(20):
        while True:
            process.check()
            await asyncio.sleep(0.02)


async def test_a_paused_process_costs_nothing_until_it_goes_on(tmp_path: Path) -> None:
    async with EngineProcess.started("busy", (sys.executable, "-c", BUSY), ANYWHERE, tmp_path / "log") as process:
        await asyncio.sleep(0.1)
        process.pause()
        await asyncio.sleep(0.05)
        before = process.usage.cpu_seconds
        await asyncio.sleep(0.1)
        assert process.usage.cpu_seconds == before
        process.resume()
        async with asyncio.timeout(20):
            while process.usage.cpu_seconds == before:  # noqa: ASYNC110 - its time is the machine's to give
                await asyncio.sleep(0.02)


async def test_a_paused_process_is_ended_all_the_same(tmp_path: Path) -> None:
    async with EngineProcess.started("busy", (sys.executable, "-c", BUSY), ANYWHERE, tmp_path / "log") as process:
        process.pause()

    with pytest.raises(CommandRefused, match="busy ended with status -15: its log is empty"):
        process.check()


async def test_an_engine_that_ends_by_itself_is_told_with_its_last_words(tmp_path: Path) -> None:
    words = "import sys; print('no such setting'); sys.exit(3)"
    async with EngineProcess.started("fragile", (sys.executable, "-c", words), ANYWHERE, tmp_path / "log") as process:
        with pytest.raises(CommandRefused, match="fragile ended with status 3: no such setting"):
            await watch(process)
