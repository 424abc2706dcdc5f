"""Arbitrary schemas, not just the contracts' own, so that the generator is held to Avro and not to today's records."""

from itertools import count
from typing import Any

from hypothesis import strategies as st

_LEAVES = ["null", "boolean", "int", "long", "float", "double", "bytes", "string"]


@st.composite
def schemas(draw: st.DrawFn) -> dict[str, Any]:
    """A record of up to five fields, three levels deep."""
    numbers = count()
    return _record(draw, numbers, depth=3)


def _record(draw: st.DrawFn, numbers: "count[int]", depth: int) -> dict[str, Any]:
    name = f"R{next(numbers)}"
    fields = [
        {"name": f"f{number}", "type": _type(draw, numbers, depth - 1)} for number in range(draw(st.integers(0, 5)))
    ]
    return {"type": "record", "name": name, "namespace": "t", "fields": fields}


def _type(draw: st.DrawFn, numbers: "count[int]", depth: int) -> Any:  # noqa: PLR0911 - one per kind
    kinds = ["leaf", "instant", "enum", "fixed", "nullable", "union"] + (["array", "map", "record"] if depth else [])
    match draw(st.sampled_from(kinds)):
        case "instant":
            return {"type": "long", "logicalType": "timestamp-millis"}
        case "enum":
            return {"type": "enum", "name": f"E{next(numbers)}", "symbols": ["a", "b", "c"]}
        case "fixed":
            return {"type": "fixed", "name": f"F{next(numbers)}", "size": draw(st.integers(1, 9))}
        case "nullable":
            return ["null", draw(st.sampled_from(_LEAVES[1:]))]
        case "union":
            return ["long", "string", "null", {"type": "array", "items": "string"}]
        case "array":
            return {"type": "array", "items": _with_bytes(_type(draw, numbers, depth - 1))}
        case "map":
            return {"type": "map", "values": _type(draw, numbers, depth - 1)}
        case "record":
            return _record(draw, numbers, depth)
        case _:
            return draw(st.sampled_from(_LEAVES))


def _with_bytes(items: Any) -> Any:
    """Items that take no bytes are refused by the generator, so an array here has others."""
    return ["null", "int"] if items == "null" or (isinstance(items, dict) and items["type"] == "record") else items
