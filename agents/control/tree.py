"""The network tree: elements by the element that they hang on, and what lies below them."""

from collections.abc import Iterable
from typing import Final

import msgspec

from streams.core.records import Millis

MAX_ELEMENTS: Final = 500_000
"""Elements known at once, some 150 MB. A network with more is cut into several hubs, or its tree ends higher up."""
MAX_DEPTH: Final = 64
"""Elements from a root to a leaf; real trees have less than ten."""


class Element(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """What is kept of an element.

    Attributes:
        parent_id: The element that it hangs on; None for a root.
        at: When it was so.
        by: Id of the event that said so; of two at the same time the greater counts.
    """

    parent_id: str | None
    at: Millis
    by: str


class Tree:
    """All elements. It never holds a cycle; a parent may be heard of after its children, or never."""

    def __init__(self) -> None:
        self._elements: dict[str, Element] = {}
        self._children: dict[str, set[str]] = {}

    def get(self, resource_id: str) -> Element | None:
        """Return what is known of the element."""
        return self._elements.get(resource_id)

    @property
    def is_full(self) -> bool:
        """Whether no further element can be taken in."""
        return len(self._elements) >= MAX_ELEMENTS

    def would_loop(self, resource_id: str, parent_id: str | None) -> bool:
        """Return True when the element would hang below itself, or deeper than any tree is."""
        if parent_id is None:
            return False
        above = self.lineage(parent_id)
        return resource_id in above or len(above) >= MAX_DEPTH

    def put(self, resource_id: str, element: Element) -> frozenset[str]:
        """Take over an element; return the elements whose leaves may be others now."""
        before = self._elements.get(resource_id)
        self._elements[resource_id] = element
        if before is not None and before.parent_id == element.parent_id:
            return frozenset()
        touched = self._unhang(resource_id, before)
        if element.parent_id is not None:
            self._children.setdefault(element.parent_id, set()).add(resource_id)
        return touched.union(self.lineage(resource_id))

    def remove(self, resource_id: str) -> frozenset[str]:
        """Forget an element; return the elements whose leaves may be others now. What hung on it stays where it is."""
        return self._unhang(resource_id, self._elements.pop(resource_id, None))

    def lineage(self, resource_id: str) -> list[str]:
        """Return the element and what it hangs on, up to the root."""
        found: list[str] = []
        current: str | None = resource_id
        while current is not None and len(found) < MAX_DEPTH:
            found.append(current)
            element = self._elements.get(current)
            current = element.parent_id if element is not None else None
        return found

    def leaves(self, resources: Iterable[str]) -> frozenset[str]:
        """Return the last elements at or below `resources`; one that is unknown or has nothing below is itself one."""
        seen: set[str] = set()
        found: set[str] = set()
        open_ = list(resources)
        while open_:
            current = open_.pop()
            if current in seen:
                continue
            seen.add(current)
            below = self._children.get(current)
            if below:
                open_ += below
            else:
                found.add(current)
        return frozenset(found)

    def _unhang(self, resource_id: str, element: Element | None) -> frozenset[str]:
        if element is None or element.parent_id is None:
            return frozenset()
        siblings = self._children[element.parent_id]
        siblings.discard(resource_id)
        if not siblings:
            del self._children[element.parent_id]
        return frozenset(self.lineage(element.parent_id))

    def __len__(self) -> int:
        return len(self._elements)

    def __repr__(self) -> str:
        return f"Tree({len(self._elements)} elements)"
