"""A buffer for generated Python: lines with their indentation, and names used once."""

from collections.abc import Iterator
from contextlib import contextmanager


class Source:
    """Lines of one function in the making, with the constants that they refer to by name."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._depth = 0
        self._names = 0
        self.constants: dict[str, object] = {}

    def line(self, text: str) -> None:
        """Adds one line at the current depth."""
        self._lines.append("    " * self._depth + text)

    @contextmanager
    def block(self, opening: str) -> Iterator[None]:
        """Adds a line that opens a block; what is added meanwhile stands inside."""
        self.line(opening)
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1

    def name(self, stem: str = "v") -> str:
        """A name that was not given before."""
        self._names += 1
        return f"{stem}{self._names}"

    def constant(self, value: object) -> str:
        """A name for a value that the generated function will find among its globals."""
        name = self.name("C")
        self.constants[name] = value
        return name

    def mark(self) -> int:
        """A place to come back to with `rewind`."""
        return len(self._lines)

    def rewind(self, mark: int) -> None:
        """Forgets the lines added since the mark."""
        del self._lines[mark:]

    def text(self) -> str:
        """All of it."""
        return "\n".join(self._lines) + "\n"
