"""What the installation promises to whoever has no compiler."""

import runpy
from pathlib import Path

import pytest

from tests.builders.compiled import the_compiled_part

ROOT = Path(__file__).resolve().parents[2]


def test_the_compiled_part_may_fail_to_build(monkeypatch: pytest.MonkeyPatch) -> None:
    the_compiled_part()
    monkeypatch.chdir(ROOT)
    modules = runpy.run_path("setup.py", run_name="setup")["extensions"]()
    assert {module.name for module in modules} == {"streams.native.codec", "streams.native.records"}
    assert all(module.optional for module in modules)
