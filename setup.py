"""Builds the compiled part where there are Cython and a C compiler; without them the hub runs as it is.

Everything else about the distribution is in pyproject.toml.
"""

import sys
from pathlib import Path

from setuptools import Extension, setup

SOURCES = sorted(Path("streams/native").glob("*.pyx"))


def extensions() -> list[Extension]:
    """Return the extension modules; none where Cython is missing. A compiler that is missing is no error either."""
    if sys.byteorder != "little":  # Avro's floats are read as they lie
        return []
    try:
        from Cython.Build import cythonize  # noqa: PLC0415 - whether it is there is the question
    except ImportError:
        return []
    modules = [Extension(f"streams.native.{path.stem}", [str(path)], extra_compile_args=["-g0"]) for path in SOURCES]
    made: list[Extension] = cythonize(modules, build_dir="build/cython")
    for module in made:  # not before: Cython makes new ones, which know nothing of it
        module.optional = True
    return made


if __name__ == "__main__":
    setup(ext_modules=extensions())
