"""Structured logs on standard error: one line per event, JSON or to read, without patient data above debug (I10).

An unexpected exception is logged by its type and the places it passed, never by its text, which may quote an event.
"""

import logging
import sys
import threading
import time
import traceback
from collections.abc import MutableMapping
from typing import Any

import structlog

from picustream.runtime.settings import Settings

_CHATTY = ("aiokafka", "kafka", "faust", "mode", "asyncio", "aiohttp", "picustream")
"""Libraries that may quote records and log every step: their warnings and errors are enough. Faust names the
loggers of our subclasses by their modules, `picustream...`; our own lines go by the name without it."""


AGAIN = 10.0
"""Seconds until a library may log the same thing again."""


def configure(settings: Settings) -> None:
    """Send our log lines and the libraries' through one formatter."""
    level = getattr(logging, settings.log_level.upper())
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    last = (
        structlog.processors.JSONRenderer()
        if settings.log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, _without_text],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last],
        )
    )
    handler.addFilter(_NotAgain())
    threading.excepthook = _thread_ended
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in _CHATTY:
        logging.getLogger(name).setLevel(max(level, logging.WARNING) if level > logging.DEBUG else logging.INFO)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )


def logger(name: str) -> Any:
    """The structlog logger of a module; call it with an event name and key-value pairs."""
    return structlog.stdlib.get_logger(name.removeprefix("picustream."))


def place(error: BaseException) -> dict[str, str]:
    """An exception as log fields: its type and where it came from, without its text."""
    frames = traceback.extract_tb(error.__traceback__)
    where = " < ".join(f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno}" for frame in reversed(frames[-6:]))
    return {"error": type(error).__name__, "where": where}


class _NotAgain(logging.Filter):
    """Lets a library log the same thing once in a while: without its broker, aiokafka does so eighty times a second."""

    def __init__(self) -> None:
        super().__init__()
        self._logged_at: dict[tuple[str, str], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """False for what was logged less than `AGAIN` ago; the texts are templates, so there are not many of them."""
        if not record.name.startswith(_CHATTY):
            return True
        line, now = (record.name, str(record.msg)[:100]), time.monotonic()
        if now - self._logged_at.get(line, -AGAIN) < AGAIN:
            return False
        self._logged_at[line] = now
        return True


def _thread_ended(ended: threading.ExceptHookArgs) -> None:
    """A thread of a library that ended by an exception: it may, while the worker stops."""
    if ended.exc_value is not None:
        logger(__name__).warning("thread-ended", **place(ended.exc_value))


def _without_text(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A library's line about an exception keeps the type and the place; of asyncio's, the first line has no more."""
    record: logging.LogRecord | None = event.get("_record")
    if record is None:
        return event
    error = record.exc_info[1] if isinstance(record.exc_info, tuple) else None
    if error is not None:
        event.update(place(error))
        record.exc_info = None
        event.pop("exc_info", None)
    if record.name == "asyncio":
        event["event"] = str(event["event"]).partition("\n")[0]
    return event
