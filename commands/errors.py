"""The one place where an error becomes a line for a person and an exit status."""

import os
import sys
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import typer

from picustream.runtime.errors import BUG, BadSettings, NoKafka, UserError

INTERRUPTED = 130
"""128 + SIGINT, as a shell counts it."""
NOBODY_READS = 141
"""128 + SIGPIPE, as a shell counts it: `picustream consume mods | head` is no error."""

# typer keeps its click to itself; of the errors for wrong use it exports one, and its parents are the rest.
_ClickError: type[Exception] = typer.BadParameter.__mro__[2]


def guarded(command: Callable[[], int | None]) -> int:
    """Run `command` and return the exit status; whatever it raises is reported on standard error."""
    try:
        status = command() or 0
        sys.stdout.flush()
        return status
    except typer.Exit as end:
        return end.exit_code
    except (KeyboardInterrupt, typer.Abort):
        return INTERRUPTED
    except BrokenPipeError:
        _silence_stdout()
        return NOBODY_READS
    except Exception as error:  # noqa: BLE001 - the outermost frame: reported in one line, with the way to the traceback
        return report(error)


def report(error: Exception) -> int:
    """Print on standard error what is wrong and what to do; the exit status for it."""
    known = next(_translations(error), None)
    if known is None:
        return _bug(error)
    print(f"picustream: {known.lines}", file=sys.stderr)
    return known.status


def _translations(error: Exception) -> Iterator[UserError]:
    if isinstance(error, UserError):
        yield error
    elif isinstance(error, _ClickError):
        yield _wrong_use(error)
    # A library's error can only be here if the library is loaded; naming it must not load it.
    if "pydantic" in sys.modules:
        yield from _of_settings(error)
    if "picustream.scoring.rules" in sys.modules:
        yield from _of_rules(error)
    if "redis" in sys.modules:
        yield from _of_redis(error)
    if "kafka" in sys.modules:
        yield from _of_kafka(error)
    if "aiokafka" in sys.modules:
        yield from _of_the_consumer(error)


def _wrong_use(error: Exception) -> UserError:
    context = getattr(error, "ctx", None)
    path = context.command_path if context else "picustream"
    return UserError(error.format_message(), f"See: {path} --help", error.exit_code)  # type: ignore[attr-defined]


def _of_settings(error: Exception) -> Iterator[UserError]:
    """The first fault by variable, and how many more; no value is shown, for it may be a secret."""
    from pydantic import ValidationError
    from pydantic_settings import BaseSettings

    classes = {cls.__name__: cls for cls in BaseSettings.__subclasses__()}
    if not isinstance(error, ValidationError) or error.title not in classes:
        return
    faults = error.errors(include_input=False, include_context=False, include_url=False)
    first = faults[0]
    more = f" ({len(faults) - 1} more)" if len(faults) > 1 else ""
    yield _bad_setting(classes[error.title], str(first["loc"][0]), first["msg"].rstrip(".") + more)


def _bad_setting(settings: Any, name: str, reason: str) -> BadSettings:
    file = os.environ.get("PICUSTREAM_CONFIG")
    if name not in settings.model_fields:
        return BadSettings(f"{name} in {file} is not a setting.", "All settings: picustream --help")
    wanted = settings.model_fields[name]
    variable = f"{settings.model_config['env_prefix']}{name.upper()}" + (f" (or {name} in {file})" if file else "")
    default = "" if wanted.default is None else f" Default: {wanted.default}."
    return BadSettings(f"{variable}: {reason}.", f"It sets: {wanted.description}.{default}")


def _of_rules(error: Exception) -> Iterator[UserError]:
    from picustream.scoring.rules import RulesError

    if isinstance(error, RulesError):
        yield UserError(f"{error}.".replace("..", "."), "PICUSTREAM_PROTOCOL and PICUSTREAM_CODEMAP name these files.")


def _of_redis(error: Exception) -> Iterator[UserError]:
    from redis.exceptions import ConnectionError as RedisConnectionError
    from redis.exceptions import TimeoutError as RedisTimeoutError

    if isinstance(error, RedisConnectionError | RedisTimeoutError):
        from picustream.runtime.settings import Settings
        from picustream.streams.store.redis_client import unreachable

        yield unreachable(Settings(), error)


def _of_kafka(error: Exception) -> Iterator[UserError]:
    from kafka.errors import KafkaError

    if isinstance(error, KafkaError):
        from picustream.runtime.settings import Settings
        from picustream.streams.kafka.clients import explained

        yield explained(error, Settings())


def _of_the_consumer(error: Exception) -> Iterator[UserError]:
    """The worker's consumer cannot join: the broker went away between our first look and its own."""
    from aiokafka.errors import KafkaConnectionError, KafkaTimeoutError, NodeNotReadyError

    if isinstance(error, KafkaConnectionError | KafkaTimeoutError | NodeNotReadyError):
        from picustream.runtime.settings import Settings

        yield NoKafka(Settings().kafka, type(error).__name__)


def _bug(error: Exception) -> int:
    """One line with the kind and the place. The text of an unknown error may hold a patient's data: only for debug."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {frames[-1].filename}:{frames[-1].lineno}" if frames else ""
    if os.environ.get("PICUSTREAM_LOG_LEVEL") == "debug":
        traceback.print_exception(error)
    print(
        f"picustream: this is a bug: {type(error).__name__}{place}.\n"
        "Run it with PICUSTREAM_LOG_LEVEL=debug for the traceback.",
        file=sys.stderr,
    )
    return BUG


def _silence_stdout() -> None:
    """Python flushes standard output once more as it ends, and would complain of the closed pipe again."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
