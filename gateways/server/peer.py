"""Who a sender is, by its certificate."""

from typing import Any


def client_name(certificate: Any) -> str:
    """The common name of a certificate as `ssl` gives it; empty without one."""
    for names in (certificate or {}).get("subject", ()):
        for kind, value in names:
            if kind == "commonName":
                return str(value)
    return ""
