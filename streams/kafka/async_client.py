"""aiokafka's options made from the settings, shared by the consumer, the producers and the tail reader."""

import ssl
from typing import Any

from aiokafka.helpers import create_ssl_context

from picustream.runtime.settings import Settings
from picustream.streams.kafka.clients import connection


def options(settings: Settings) -> dict[str, Any]:
    """How to reach the brokers: addresses, security, user. BadSettings where they do not fit together."""
    common = connection(settings)
    found: dict[str, Any] = {
        name: common[name]
        for name in (
            "bootstrap_servers",
            "security_protocol",
            "sasl_mechanism",
            "sasl_plain_username",
            "sasl_plain_password",
        )
        if name in common
    }
    found["ssl_context"] = tls(settings)
    return found


def tls(settings: Settings) -> ssl.SSLContext | None:
    """The TLS context that the settings name, None without TLS."""
    if not settings.kafka_security.endswith("SSL"):
        return None
    files = connection(settings)
    context: ssl.SSLContext = create_ssl_context(
        cafile=files["ssl_cafile"], certfile=files["ssl_certfile"], keyfile=files["ssl_keyfile"]
    )
    return context
