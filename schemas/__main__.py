"""`python -m schemas generate | check | register`: keeps what is derived from the contracts true to them.

After a change to a schema: generate, then register, then check.
"""

import argparse
import sys
from pathlib import Path

from schemas import check, registry
from schemas.generate.files import derived
from schemas.loader import load

_PROJECT = Path(__file__).resolve().parent.parent


def main() -> int:
    """Runs one command; 0 when all is well, 1 when the contracts are not."""
    parser = argparse.ArgumentParser(prog="python -m schemas", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("generate", help="make records.py, reasons.py and docs/topics.md from the contracts")
    commands.add_parser("check", help="say what is wrong with the contracts and what was derived from them")
    commands.add_parser("register", help="give new versions of schemas their ids, if they may follow the earlier ones")
    command = parser.parse_args().command
    return {"generate": _generate, "check": _check, "register": _register}[command]()


def _generate() -> int:
    for path, text in derived(_PROJECT).items():
        if not path.is_file() or path.read_text() != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            print(f"made {path.relative_to(_PROJECT)}")
    return 0


def _check() -> int:
    found = check.problems(_PROJECT)
    for problem in found:
        print(problem, file=sys.stderr)
    return 1 if found else 0


def _register() -> int:
    refused = list(check.incompatible())
    for problem in refused:
        print(problem, file=sys.stderr)
    if refused:
        return 1
    for name in registry.register(_PROJECT / "schemas"):
        print(f"registered {name} as {load.__wrapped__().schema_id(name)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
