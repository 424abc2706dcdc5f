"""What ends a task, and what ends the process."""


class TaskError(Exception):
    """A task cannot go on; the worker that holds it must end and start anew."""


class CommitFailed(TaskError):  # noqa: N818 - reads as what happened
    """A commit failed, or its outcome is unknown; nothing in memory may be used again."""


class Fenced(CommitFailed):
    """Another worker owns the task now; this one's writes are refused by the broker."""


class RecoveryFailed(TaskError):  # noqa: N818 - reads as what happened
    """The task's state could not be read back, or does not agree with its committed offsets."""


class StartRefused(Exception):  # noqa: N818 - reads as what happened
    """The worker must not start; `str()` is one sentence that names the cause and the way out."""
