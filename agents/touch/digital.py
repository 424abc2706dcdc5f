"""Section `digital`: what the customer did in the app and on the site last.

A section of its own, since most of these events say nothing that the context shows: each rewrites these bytes alone.
"""

from typing import Final, Literal, TypeAlias

import msgspec

from schemas.records import Surface
from streams.core.records import Millis

DIGITAL: Final = "digital"

Deed: TypeAlias = Literal["form", "install", "login", "permission", "screen", "search", "session"]


class Done(msgspec.Struct, array_like=True, frozen=True, gc=False, order=True):
    """When something was done last, and what; of two at the same time the greater counts.

    Attributes:
        at: When.
        surface: Where; UNKNOWN where the event does not say.
        what: The screen, the form, the permission, or the kind of device.
        product_id: The product that it is about.
    """

    at: Millis
    surface: Surface = "UNKNOWN"
    what: str = ""
    product_id: str = ""


class Digital(msgspec.Struct, array_like=True, gc=False):
    """Section `digital`, below 1 KB: one entry per kind of deed.

    Attributes:
        done: The newest deed by kind.
    """

    done: dict[Deed, Done] = {}

    def add(self, deed: Deed, done: Done) -> None:
        """Keep what was done when it is the newest of its kind."""
        known = self.done.get(deed)
        if known is None or known < done:
            self.done[deed] = done
