"""Writes the lines that pass over a value that the reader does not want, and the loops over blocks."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import groupby
from typing import Final

from schemas.shapes import Array, Enum, Fixed, Map, Primitive, Record, Shape, Union, UnsupportedSchemaError
from streams.codec.source import Source

_FIXED_SIZES: Final = {"null": 0, "boolean": 1, "float": 4, "double": 8}


def least_size(shape: Shape) -> int:
    """How many bytes a value has at least."""
    match shape:
        case Primitive(kind):
            return _FIXED_SIZES.get(kind, 1)
        case Fixed(size=count):
            return count
        case Record(fields=fields):
            return sum(least_size(each.shape) for each in fields)
        case _:
            return 1


def size(source: Source) -> None:
    """Reads a length or an index into `n`: of one byte from a table, of two (up to 8191) in place, others by a call."""
    source.line("n = sizes[b[p]]; p += 1")
    with source.block("if n < 0:"):
        source.line("n = b[p - 1]; d = b[p]")
        source.line("if n > 127 > d and not n & 1: n = n + (d << 7) - 128 >> 1; p += 1")
        source.line("else: n, p = size_tail(b, p, n)")


@contextmanager
def blocks(source: Source, items: Shape, tail: str = "block_tail") -> Iterator[None]:
    """The loops over the blocks of an array or a map; the body handles one item.

    Raises:
        UnsupportedSchemaError: the items may have no bytes, so that nothing bounds a hostile count.
    """
    if not least_size(items):
        raise UnsupportedSchemaError("items without bytes are not supported")
    with source.block("while True:"):
        source.line("n = b[p]; p += 1")
        source.line(f"if n & 129: n, p = {tail}(b, p, n)")
        source.line("else: n >>= 1")
        source.line("if not n: break")
        source.line("if n > end - p: raise Malformed('a block counts more items than there are bytes')")
        with source.block("for _ in range(n):"):
            yield


def skip(source: Source, *shapes: Shape) -> None:
    """Moves `p` behind values of these shapes; numbers that stand together are passed over in one go."""
    for is_number, group in groupby(shapes, key=_is_number):
        if is_number:
            _skip_numbers(source, len(list(group)))
        else:
            for each in group:
                _skip(source, each)


def _is_number(shape: Shape) -> bool:
    return isinstance(shape, Enum) or (isinstance(shape, Primitive) and shape.kind in {"int", "long"})


def _skip_numbers(source: Source, count: int) -> None:
    longs = re.compile(rb"(?:[\x80-\xff]*[\x00-\x7f]){%d}" % count)
    source.line(f"m = {source.constant(longs.match)}(b, p)")
    source.line("if m is None: raise Malformed('it ends within a field')")
    source.line("p = m.end()")


def _skip(source: Source, shape: Shape) -> None:
    match shape:
        case Primitive("string" | "bytes"):
            size(source)
            source.line("p += n")
        case Primitive() | Fixed():
            source.line(f"p += {least_size(shape)}")
        case Array(items):
            with blocks(source, items, "skip_block_tail"):
                skip(source, items)
        case Map(values):
            with blocks(source, Primitive("string"), "skip_block_tail"):
                skip(source, Primitive("string"), values)
        case Record(fields=fields):
            skip(source, *(each.shape for each in fields))
        case Union(branches):
            _skip_union(source, branches)


def _skip_union(source: Source, branches: tuple[Shape, ...]) -> None:
    index = source.name("i")
    source.line(f"{index} = b[p]; p += 1")
    word = "if"
    for number, branch in enumerate(branches):
        with source.block(f"{word} {index} == {number * 2}:"):
            source.line("pass")
            skip(source, branch)
        word = "elif"
    source.line("else:")
    source.line("    raise Malformed('a union has no such branch')")
