"""`picustream gateway serve`, and the site that it and others are given."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from picustream.runtime.errors import UserError
from picustream.runtime.settings import Settings
from picustream.terminal.options import loaded_rules

if TYPE_CHECKING:
    from picustream.gateways.server.run import Site

SITE = typer.Option(None, "--site", "--config", help="The site (TOML); default: PICUSTREAM_GATEWAY_SITE.")
DEMO = typer.Option(False, "--demo", help="Any sender, any unit, the protocol's zone, and a key that is no secret.")


def serve(
    site: Path | None = SITE,
    demo: bool = DEMO,
    behind_proxy: Annotated[
        bool,
        typer.Option("--behind-proxy", help="Another program sees to TLS and to who may send: listen to a network."),
    ] = False,
) -> None:
    """Take HL7 v2 (MLLP) and FHIR (HTTP) until stopped: events to Kafka, pseudonyms at the edge, a journal.

    A message is acknowledged when it is in the journal and Kafka has all that it makes. What cannot be mapped is a
    letter (gateway letters); what cannot be stored is not answered.
    """
    from picustream.gateways.server.run import run

    settings = Settings()
    run(settings, made_for(settings, site, demo), behind_proxy)


def made_for(settings: Settings, path: Path | None, demo: bool) -> "Site":
    """What a gateway needs of a site. Raises `UserError` where none is named, or it is wrong."""
    from picustream.gateways.server.run import Site
    from picustream.gateways.server.translating import Translating
    from picustream.gateways.site import load
    from picustream.gateways.state import State

    path = path or (None if demo else settings.gateway_site)
    if path is not None and demo:
        raise UserError("A site and --demo exclude one another.", "Leave out one of them.")
    if path is None and not demo:
        raise UserError("No site is named.", "Name its file by --site or PICUSTREAM_GATEWAY_SITE, or try --demo.")
    loaded = load.load(path) if path is not None else load.demo()
    rules = loaded_rules(settings.protocol, settings.codemap)
    return Site(
        make=lambda state: Translating(loaded, rules, state),
        refusal=Translating(loaded, rules, State()).refusal,
        fingerprint=loaded.fingerprint,
        ports=sorted({source.port for source in loaded.site.source if source.port is not None}),
        demo=demo,
    )
