"""kafka-python clients made from the settings: one place for addresses, TLS, SASL and what every client must have.

Each factory raises `NoKafka` at once when nothing listens at the address, and `UserError` with the reason when what
listens there is no usable broker within `PATIENCE` seconds.
"""

import logging
import socket
import time
from collections.abc import Collection, Mapping, Sequence
from contextlib import closing
from typing import Any, TypeVar

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.errors import (
    AuthorizationError,
    KafkaConfigurationError,
    KafkaConnectionError,
    KafkaError,
    KafkaTimeoutError,
    NodeNotReadyError,
    SaslAuthenticationFailedError,
    UnsupportedSaslMechanismError,
)
from kafka.net.transport import KafkaSSLTransport, KafkaTCPTransport

from picustream.runtime.errors import ENVIRONMENT, RIGHTS_HINT, BadSettings, NoKafka, UserError
from picustream.runtime.settings import Settings
from picustream.streams.kafka.limits import LARGEST_MESSAGE

PATIENCE = 10.0
"""Seconds to wait for a broker that listens to answer."""
KNOCK = 3.0
"""Seconds to wait for a TCP connection to one address."""
UNENDED = 5.0
"""Seconds to wait for a transaction under way to become known as ended."""
AGAIN = 0.05
"""Seconds until what is not there yet is asked for again."""
CLOSE = 5.0
"""Seconds for what is under way when a producer is closed."""

Client = TypeVar("Client", KafkaAdminClient, KafkaConsumer, KafkaProducer)

# kafka-python reports each retry, which is no news: what fails for good reaches us as an exception.
logging.getLogger("kafka").setLevel(logging.ERROR)
# Of Faust's groups, whose members say more than consumers do, it would show every byte.
logging.getLogger("kafka.admin").setLevel(logging.ERROR)


class _LastWords(logging.Handler):
    """Keeps why the last connection failed (TLS, SASL): a failed bootstrap shows it only in the log, and tries again
    what cannot succeed. A refusal is raised from here, out of the bootstrap."""

    text = ""
    reaching = False
    """Whether it is one of ours that reaches for a broker, for the first time."""

    def emit(self, record: logging.LogRecord) -> None:
        if record.msg.startswith("Bootstrap connection to") and isinstance(record.args, tuple):
            self.text = str(record.args[1])
            if self.reaching and isinstance(record.args[1], _REFUSALS):
                raise record.args[1]


_REFUSALS = (SaslAuthenticationFailedError, UnsupportedSaslMechanismError)
_last_words = _LastWords(logging.WARNING)
_network = logging.getLogger("kafka.net")
_network.setLevel(logging.WARNING)
_network.propagate = False
_network.addHandler(_last_words)


def _receive_first(kind: type[KafkaTCPTransport]) -> None:
    """Let a connection read what came before the other end closed it. kafka-python 3.0.12 forgets it where both are
    found at once, and it is the reason: a broker that refuses a password says so, and closes."""
    receive = kind._sock_recv

    def first(self: KafkaTCPTransport) -> tuple[bytes, Exception | None]:
        data, error = receive(self)
        return data, None if data else error

    kind._sock_recv = first


for _kind in (KafkaTCPTransport, KafkaSSLTransport):
    _receive_first(_kind)


class _Producer(KafkaProducer):
    """One that can be closed after an outage. Of what waits for a broker that is away beyond the delivery time-out,
    kafka-python 3.0.12 lets the first batch fail and keeps the others for ever, and so its `close` waits for ever."""

    def close(self, timeout: float | None = CLOSE, null_logger: bool = False) -> None:
        """End; what did not arrive in `timeout` seconds is given up, as whoever did not await it never knew."""
        try:
            super().close(timeout, null_logger)
        except KafkaTimeoutError:
            self._sender.force_close()
            self._closed = True


class _Consumer(KafkaConsumer):
    """One that is asked for offsets where it knows a leader. Of partitions of which it knows none (a topic that is new
    to it, or to Kafka), beside others, kafka-python 3.0.12 says nothing: a KeyError for ends, None for times."""

    def beginning_offsets(self, partitions: Sequence[TopicPartition], *more: Any, **options: Any) -> Any:
        self._know(partitions)
        return super().beginning_offsets(partitions, *more, **options)

    def end_offsets(self, partitions: Sequence[TopicPartition], *more: Any, **options: Any) -> Any:
        self._know(partitions)
        return super().end_offsets(partitions, *more, **options)

    def offsets_for_times(self, timestamps: Mapping[TopicPartition, int], *more: Any, **options: Any) -> Any:
        self._know(timestamps)
        return super().offsets_for_times(timestamps, *more, **options)

    def _know(self, partitions: Collection[TopicPartition]) -> None:
        until, pause = time.monotonic() + PATIENCE, 0.0
        while any(self._cluster.leader_for_partition(part) in (None, -1) for part in partitions):
            if time.monotonic() > until:
                raise KafkaTimeoutError(f"partitions without a leader after {PATIENCE:g} s")
            time.sleep(pause)
            self._fetch_all_topic_metadata()
            pause = AGAIN


def connection(settings: Settings) -> dict[str, Any]:
    """Options for reaching the brokers that all three clients share."""
    options: dict[str, Any] = {
        "bootstrap_servers": servers(settings),
        "security_protocol": settings.kafka_security,
        "bootstrap_timeout_ms": int(PATIENCE * 1000),
    }
    if settings.kafka_security.endswith("SSL"):
        options |= _tls(settings)
    if settings.kafka_security.startswith("SASL"):
        options |= _sasl(settings)
    return options


def servers(settings: Settings) -> list[str]:
    """The bootstrap servers, one string `host:port` each."""
    return [server.strip() for server in settings.kafka.split(",") if server.strip()]


def producer(settings: Settings, **options: Any) -> KafkaProducer:
    """An idempotent producer (transactional with `transactional_id`): every record is awaited, acknowledged by all.

    Use it as a context manager: what was sent and not awaited has `CLOSE` seconds more to arrive.
    """
    wanted = {
        "acks": "all",
        "enable_idempotence": True,
        "allow_auto_create_topics": False,  # a topic made on the way would have the wrong number of partitions
        "max_request_size": LARGEST_MESSAGE,
        "metrics_enabled": False,
    }
    return _reach(_Producer, settings, wanted | options)


def consumer(settings: Settings, **options: Any) -> KafkaConsumer:
    """A consumer of committed records from the beginning, in no group unless `group_id` is given; it reads every codec,
    and what cannot be read comes as a record that says so (`streams/kafka/batches.py`)."""
    from picustream.streams.kafka import readable

    readable.in_kafka_python()
    wanted = {
        "isolation_level": "read_committed",
        "auto_offset_reset": "earliest",
        "enable_auto_commit": False,
        "allow_auto_create_topics": False,
        "metrics_enabled": False,
    }
    return _reach(_Consumer, settings, wanted | options)


def stable_ends(
    settings: Settings, reader: KafkaConsumer, parts: Sequence[TopicPartition]
) -> dict[TopicPartition, int]:
    """Where the committed records end. A transaction that has just ended is waited for, since the broker makes it
    known a moment later; one that is left open (a killed worker's) for no longer than a few seconds."""
    with closing(consumer(settings, isolation_level="read_uncommitted")) as everything:
        written = everything.end_offsets(parts)
    until = time.monotonic() + UNENDED
    while True:
        ends: dict[TopicPartition, int] = reader.end_offsets(parts)
        if time.monotonic() > until or all(ends[part] >= written[part] for part in parts):
            return ends
        time.sleep(AGAIN)


def admin(settings: Settings) -> KafkaAdminClient:
    """An admin client; use it as a context manager."""
    return _reach(KafkaAdminClient, settings, {})


def explained(error: KafkaError, settings: Settings) -> UserError:
    """What a person can do about an error of kafka-python."""
    if isinstance(error, KafkaConnectionError | KafkaTimeoutError | NodeNotReadyError):
        return NoKafka(settings.kafka, str(error))
    if isinstance(error, AuthorizationError):
        return UserError(f"Not allowed by Kafka at {settings.kafka}: {error}.", RIGHTS_HINT, ENVIRONMENT)
    if isinstance(error, _REFUSALS):
        return _refused(settings)
    return UserError(f"Kafka at {settings.kafka} reports {error}.", "See the broker's log.", ENVIRONMENT)


def _tls(settings: Settings) -> dict[str, str | None]:
    files = {
        "ssl_cafile": settings.kafka_ca_file,
        "ssl_certfile": settings.kafka_cert_file,
        "ssl_keyfile": settings.kafka_key_file,
    }
    for option, path in files.items():
        if path is not None and not path.is_file():
            name = option.removeprefix("ssl_").removesuffix("file").upper()
            raise BadSettings(f"PICUSTREAM_KAFKA_{name}_FILE names {path}, and there is no such file.", "Correct it.")
    return {option: str(path) if path else None for option, path in files.items()}


def _sasl(settings: Settings) -> dict[str, str]:
    if settings.kafka_username is None or settings.kafka_password is None:
        raise BadSettings(
            f"PICUSTREAM_KAFKA_SECURITY is {settings.kafka_security}, which needs a user and a password.",
            "Set PICUSTREAM_KAFKA_USERNAME and PICUSTREAM_KAFKA_PASSWORD.",
        )
    return {
        "sasl_mechanism": settings.kafka_sasl_mechanism,
        "sasl_plain_username": settings.kafka_username,
        "sasl_plain_password": settings.kafka_password.get_secret_value(),
    }


def _reach(kind: type[Client], settings: Settings, options: dict[str, Any]) -> Client:
    """Make a client, or say why the broker cannot be reached."""
    options = connection(settings) | options
    _knock(settings)
    _last_words.text, _last_words.reaching = "", True
    try:
        return kind(**options)
    except KafkaConfigurationError as error:
        raise BadSettings(
            f"The settings for Kafka do not fit together: {error}.", "Correct PICUSTREAM_KAFKA_*."
        ) from error
    except _REFUSALS as error:
        raise _refused(settings) from error
    except KafkaError as error:
        raise _unusable(settings, _last_words.text or str(error)) from error
    finally:
        _last_words.reaching = False


def _refused(settings: Settings) -> UserError:
    """The broker does not know the user, the password is another, or it has no such mechanism."""
    return UserError(
        f"Kafka at {settings.kafka} refuses the user or the password (user {settings.kafka_username},"
        f" {settings.kafka_sasl_mechanism}).",
        "Correct PICUSTREAM_KAFKA_USERNAME, PICUSTREAM_KAFKA_PASSWORD or PICUSTREAM_KAFKA_SASL_MECHANISM.",
        ENVIRONMENT,
    )


def _unusable(settings: Settings, reason: str) -> UserError:
    """Something takes connections there, and is no broker for us."""
    return UserError(
        f"Kafka cannot be used at {settings.kafka} ({reason}).",
        f"Check PICUSTREAM_KAFKA, PICUSTREAM_KAFKA_SECURITY ({settings.kafka_security}) and what belongs to it.",
        ENVIRONMENT,
    )


def _knock(settings: Settings) -> None:
    """Raise `NoKafka` at once if no address takes a connection; kafka-python would try until its time is up."""
    reason = "no address is set"
    for server in servers(settings):
        host, port = _split(server)
        try:
            socket.create_connection((host, port), timeout=KNOCK).close()
            return
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
    raise NoKafka(settings.kafka, reason)


def _split(server: str) -> tuple[str, int]:
    host, _, port = server.rpartition(":")
    if not host:
        return server, 9092
    if not port.isdigit():
        raise BadSettings(f"PICUSTREAM_KAFKA: {server} is not host:port.", "Example: 127.0.0.1:9092")
    return host.strip("[]"), int(port)
