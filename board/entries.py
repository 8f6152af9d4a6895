"""What people enter: an event of the desk made of a form, and sent to Kafka before the page says that it was."""

import hashlib
import threading
from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from kafka import KafkaProducer
from kafka.errors import KafkaError
from pydantic import ValidationError
from starlette.exceptions import HTTPException

from picustream.board.access.roles import Visitor
from picustream.models.desk import DESK, DESK_EVENT, DeskEvent, key_of, to_bytes
from picustream.runtime.errors import UserError
from picustream.runtime.logs import logger
from picustream.runtime.settings import Settings
from picustream.streams.kafka import clients

PATIENCE = 10.0
"""Seconds for Kafka to say that it has an entry."""
FIELDS = ("decision", "reason", "note", "alert_id")
"""What a form may hold, beside its type and what it was based on."""

log = logger(__name__)


class NotSent(Exception):
    """Kafka has not said that it has the entry: it may have it all the same."""


class Sends(Protocol):
    """Where entries go."""

    def __call__(self, event: DeskEvent) -> None:
        """Returns once it is kept. Raises NotSent."""


def entered(form: Mapping[str, str], stay: str | None, visitor: Visitor, at: datetime) -> DeskEvent:
    """The event of a form. Raises HTTPException for a form that says nothing or too much.

    The same form sent twice is the same event: its id comes from what it says, from whom, and from `based_on`, what
    the page knew when it was shown.
    """
    said = {name: form[name].strip() for name in FIELDS if form.get(name, "").strip()}
    based_on = form.get("based_on", "")
    content = (
        visitor.name,
        form.get("type", ""),
        stay or "",
        based_on,
        *(f"{name}={text}" for name, text in said.items()),
    )
    digest = hashlib.sha256("\n".join(content).encode()).hexdigest()[:24]
    fields = {"event_id": f"desk-{digest}", "type": form.get("type", ""), "at": at, "by": visitor.name}
    about = {} if stay is None else {"stay_id": stay}
    try:
        event: DeskEvent = DESK_EVENT.validate_python({**fields, "role": visitor.role.value, **about, **said})
    except ValidationError as error:
        wrong = sorted({str(one["loc"][-1]) for one in error.errors() if one["loc"]}) or ["type"]
        raise HTTPException(400, f"That cannot be entered: look at {', '.join(wrong)}.") from None
    return event


class Sender:
    """A producer that is made when the first entry comes, and anew after a failure. Any thread may send."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._producer: KafkaProducer | None = None

    def __call__(self, event: DeskEvent) -> None:
        with self._lock:
            try:
                if self._producer is None:
                    self._producer = clients.producer(self._settings)
                sent = self._producer.send(DESK, value=to_bytes(event), key=key_of(event))
                sent.get(timeout=PATIENCE)
            except (KafkaError, UserError) as error:
                log.warning("entry-not-sent", error=type(error).__name__)
                self._give_up()
                raise NotSent from error

    def close(self) -> None:
        """Close the connection to the broker."""
        with self._lock:
            self._give_up()

    def _give_up(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            producer.close(timeout=1)
