"""Structured logs that never name a customer: one JSON object a line, or lines for people.

The standard library's loggers (Faust's, mode's, aiokafka's and ours) end in the same handler, so a stack trace of a
library is masked like a line of our own. Masking is a net, not a licence: code does not log identifiers.
"""

import logging
import re
import sys
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from streams.log_limit import LogLimit

MASK: Final = "***"

_PRIVATE_KEYS: Final = frozenset(
    {
        "account_id",
        "address",
        "customer",
        "customer_id",
        "email",
        "first_name",
        "identifier",
        "key",
        "msisdn",
        "payload",
        "record",
        "value",
    }
)
_SCHEMES: Final = "customer|msisdn|contract|account|app|email|onu"
_PATTERNS: Final = (
    (re.compile(rf"\b({_SCHEMES}):[^\s,;'\"<>()\[\]{{}}]+"), rf"\1:{MASK}"),
    (re.compile(r"[\w.+%-]+@[\w-]+(\.[\w-]+)+"), MASK),
    (re.compile(r"~[0-9a-f]{24}\b"), f"~{MASK}"),
    # A number as people write it: ten to fifteen digits, perhaps with a plus, blanks, dashes or brackets.
    (re.compile(r"(?<![\w.-])\+?\d(?:[ ()-]{0,2}\d){9,14}(?![\w-])"), MASK),
)
_LIBRARIES: Final = ("faust", "mode", "aiokafka", "kafka", "aiohttp", "asyncio")
"""Set explicitly: Faust turns the root logger to DEBUG for its spinner, which makes a worker slower."""

_LIBRARY_LEVEL: Final = {"debug": "INFO", "info": "WARNING", "warning": "WARNING", "error": "ERROR"}


def masked(text: str) -> str:
    """Replace what looks like an identifier, an address, a number or a provisional customer's id."""
    for pattern, replacement in _PATTERNS:
        text = pattern.sub(replacement, text)
    return text


def mask(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Mask every value of a log line; keys that hold people are masked whatever they hold."""
    for key, value in event.items():
        if not key.startswith("_"):
            event[key] = MASK if key in _PRIVATE_KEYS else masked_value(value)
    return event


def masked_value(value: Any) -> Any:  # noqa: ANN401  # a log line takes anything
    """Mask a value of any shape; mappings lose what their private keys hold."""
    if isinstance(value, str):
        return masked(value)
    if isinstance(value, bytes):
        return f"<{len(value)} bytes>"
    if isinstance(value, Mapping):
        return {k: MASK if k in _PRIVATE_KEYS else masked_value(v) for k, v in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [masked_value(item) for item in value]
    return value if value is None or isinstance(value, bool | int | float) else masked(repr(value))


def configure(
    level: Literal["debug", "info", "warning", "error"], form: Literal["json", "console"], stream: TextIO | None = None
) -> None:
    """Send every log line of this process to `stream` (standard error). To be called once, by a program's start.

    Calling it again replaces what the first call set up; a library that rearranged the root logger is undone.
    """
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(_formatter(shared, form))
    handler.addFilter(LogLimit(_LIBRARIES))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in _LIBRARIES:
        logger = logging.getLogger(name)
        logger.setLevel(_LIBRARY_LEVEL[level])
        logger.handlers.clear()
        logger.propagate = True
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def _formatter(shared: Sequence[Processor], form: Literal["json", "console"]) -> logging.Formatter:
    renderer: Processor = structlog.processors.JSONRenderer()
    if form == "console":
        renderer = structlog.dev.ConsoleRenderer(colors=False)
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[*shared, structlog.stdlib.ExtraAdder()],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            mask,
            renderer,
        ],
    )
