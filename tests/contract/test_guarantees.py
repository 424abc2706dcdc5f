"""The page of guarantees names the tests that prove it: each of them exists."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
PAGE = TESTS.parent / "docs" / "guarantees.md"
NAMED = re.compile(r"`([\w/]+\.py)::(\w+)`")
ROW = re.compile(r"^\| (.+) \|$")


def named(text: str) -> list[tuple[str, str]]:
    """Return (file, function) of every test that a text names."""
    return NAMED.findall(text)


@cache
def functions_of(file: str) -> frozenset[str]:
    """Return the tests of a file that pytest would find."""
    tree = ast.parse((TESTS / file).read_text())
    functions = (node for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return frozenset(function.name for function in functions if function.name.startswith("test_"))


@pytest.mark.parametrize(("file", "function"), sorted(set(named(PAGE.read_text()))))
def test_a_test_that_the_page_names_exists(file: str, function: str) -> None:
    assert (TESTS / file).is_file(), f"docs/guarantees.md names a file that is gone: {file}"
    assert function in functions_of(file), f"docs/guarantees.md names a test that is gone: {file}::{function}"


def test_every_failure_on_the_page_has_its_proof_or_is_a_known_limit() -> None:
    scenarios = PAGE.read_text().partition("## What goes wrong")[2].partition("## Known limits")[0]
    rows = [row.split(" | ") for line in scenarios.splitlines() if (match := ROW.match(line)) for row in [match[1]]]
    failures = [row for row in rows if row[0] != "What happens" and not row[0].startswith("-")]
    assert len(failures) > 50
    assert all(len(row) == 4 for row in failures)
    without = [row[0] for row in failures if not named(row[3]) and row[3] != "a known limit"]
    assert without == []


def test_a_name_that_is_misspelt_would_be_noticed() -> None:
    assert named("as `unit/core/test_task.py::test_nothing` shows") == [("unit/core/test_task.py", "test_nothing")]
    assert "test_nothing" not in functions_of("unit/core/test_task.py")
    assert PAGE.read_text().count(".py::") == len(named(PAGE.read_text())), "a test is named in another spelling"
