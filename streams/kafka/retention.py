"""Whether the topics keep every record, by their configuration (I5): asked at the start, and before all is read again.

What is compacted loses records in silence, and what is left is no history: such a topic is refused. What ages out is
refused as soon as a record is missing that was not read (`InputChanged`, `InputsCutOff`); until then a warning says so.
"""

import asyncio
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from picustream.runtime.errors import ENVIRONMENT, UserError
from picustream.runtime.logs import logger
from picustream.runtime.settings import Settings
from picustream.streams.kafka import rights
from picustream.streams.kafka.rights import Right, Topic
from picustream.streams.kafka.topics import OF_WORKERS

if TYPE_CHECKING:
    from kafka import KafkaAdminClient

log = logger(__name__)

_POLICY = "cleanup.policy"
_LIMITS = ("retention.ms", "retention.bytes")
_NO_LIMIT = "-1"


class Compacted(UserError):
    """Topics that keep the last record of each key alone, sooner or later."""

    def __init__(self, names: Iterable[str]) -> None:
        super().__init__(
            f"cleanup.policy has compact, which deletes records in silence: {', '.join(names)}.",
            "Set it to delete: picustream topics --repair. What may be gone: docs/operating.md, Compacted topics.",
            ENVIRONMENT,
        )


def check(client: "KafkaAdminClient", found: Mapping[str, Topic]) -> None:
    """Raise Compacted; warn of what ages out, and of topics whose configuration our user may not see."""
    hidden = rights.without(found, Right.DESCRIBE_CONFIGS)
    if hidden:
        log.warning("topics-not-checked", lacks=Right.DESCRIBE_CONFIGS, topics=hidden)
    configured = _configured(client, [name for name in found if name not in hidden])
    compacted = [name for name, entries in configured.items() if "compact" in entries[_POLICY]]
    if compacted:
        raise Compacted(compacted)
    ageing = [name for name, entries in configured.items() if any(entries[key] != _NO_LIMIT for key in _LIMITS)]
    if ageing:
        log.warning("topics-age-out", topics=ageing, fix="picustream topics --repair")


async def check_again(settings: Settings) -> None:
    """Likewise, later: somebody may have made a topic compact since. ConnectionError while Kafka does not answer."""
    from kafka.errors import KafkaError

    try:
        await asyncio.to_thread(_look_again, settings)
    except Compacted:
        raise
    except (UserError, KafkaError) as error:  # an answer will come, and the take-over waits for it
        raise ConnectionError(type(error).__name__) from error


def _look_again(settings: Settings) -> None:
    from picustream.streams.kafka.clients import admin

    with admin(settings) as client:
        check(client, rights.look(client, OF_WORKERS))


def _configured(client: "KafkaAdminClient", names: Iterable[str]) -> dict[str, dict[str, str]]:
    from kafka.admin import ConfigResource

    asked = [ConfigResource("TOPIC", name, [_POLICY, *_LIMITS]) for name in names]
    described = client.describe_configs(asked, config_filter="all")["topic"] if asked else {}
    return {name: {key: str(entry["value"]) for key, entry in entries.items()} for name, entries in described.items()}
