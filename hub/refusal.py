"""What a command answers with one sentence and exit status 2."""


class CommandRefused(Exception):  # noqa: N818  # reads as what happened
    """A command cannot do what it was asked; the text is one sentence that says why and what would help."""
