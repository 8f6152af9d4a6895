"""The gateway's site: whether its file can be used, and the fingerprint of its key."""

from picustream.doctor.finding import Finding, ok
from picustream.gateways.site.load import load
from picustream.runtime.errors import UserError
from picustream.runtime.settings import Settings

_CHECK = "gateway-site"


def check_site(settings: Settings) -> list[Finding]:
    """Nothing where no site is named: not every machine has a gateway."""
    if settings.gateway_site is None:
        return []
    try:
        site = load(settings.gateway_site)
    except UserError as error:
        return [Finding(_CHECK, "finding", error.message, error.hint)]
    sources = len(site.site.source)
    return [ok(_CHECK, f"{settings.gateway_site}: {sources} sources, fingerprint of the key {site.fingerprint}")]
