"""A short run of the fuzzer, and that it would tell."""

from itertools import islice
from pathlib import Path

import pytest

from tests.fuzz.__main__ import main
from tests.fuzz.inputs import Input, Inputs
from tests.fuzz.run import attempt, fuzz
from tests.fuzz.targets import CATALOGUE, CODEC

INPUTS = 3000


@pytest.mark.parametrize("seed", [1, 2])
def test_nothing_but_a_verdict_comes_of_any_bytes(seed: int, tmp_path: Path) -> None:
    assert [str(failure) for failure in islice(fuzz(seed, found=tmp_path), INPUTS) if failure] == []


def test_a_seed_draws_the_same_inputs_and_they_survive_being_saved() -> None:
    first, again = (Inputs(3, CATALOGUE, CODEC) for _ in range(2))
    for _ in range(200):
        given = first.draw()
        assert given == again.draw() == Input.of_json(given.to_json())


def raising(_: Input) -> None:
    raise ZeroDivisionError("no")


def looping(_: Input) -> None:
    while True:
        pass


def hoarding(_: Input) -> None:
    bytearray(b"x" * (200 << 20))


@pytest.mark.parametrize(
    ("target", "words"), [(raising, "ZeroDivisionError: no"), (looping, "it hung"), (hoarding, "MiB")]
)
def test_what_must_not_be_is_told_and_kept(
    target: object, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.fuzz.run._HANG_SECONDS", 0.2)
    given = Input("usage.record.v1", b"k", b"\xca\xfe", ())
    failure = attempt("planted", target, given, tmp_path)  # type: ignore[arg-type]
    assert failure is not None
    assert words in failure.what
    assert "cafe" in str(failure)
    assert Input.of_json(failure.saved.read_text()) == given


def test_a_minute_may_be_short_and_shows_how_far_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--minutes", "0.005", "--seed", "5"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("seed 5")
    assert "inputs, 0 failures" in said
