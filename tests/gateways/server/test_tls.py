"""TLS with certificates of senders: whoever has none of our authority is not let in, and who has one is named."""

import asyncio
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from picustream.gateways.hl7.frames import Framer, framed
from picustream.gateways.server.access import tls
from picustream.gateways.server.desk import Desk
from picustream.gateways.server.mllp import Limits, MllpServer
from picustream.gateways.state import State
from picustream.runtime.settings import Settings
from tests.gateways.certificates import Party, party
from tests.gateways.server.fakes import NOW, FakeInterpreter, Topics, gateway, message
from tests.gateways.server.test_mllp import Sender


@pytest.fixture
def authority(tmp_path: Path) -> Iterator[Party]:
    yield party(tmp_path, "authority")


def client(authority: Party, own: Party | None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(authority.certificate))
    if own:
        context.load_cert_chain(own.certificate, own.key_file)
    return context


def test_a_sender_needs_a_certificate_of_our_authority_and_is_known_by_it(tmp_path: Path, authority: Party) -> None:
    ours, lab = party(tmp_path, "gateway", authority), party(tmp_path, "lab-1", authority)
    stranger = party(tmp_path, "stranger")
    context = tls(
        Settings(
            gateway_cert_file=ours.certificate,
            gateway_key_file=ours.key_file,
            gateway_client_ca_file=authority.certificate,
        )
    )
    assert context is not None
    assert context.minimum_version == ssl.TLSVersion.TLSv1_2

    async def answered(port: int, own: Party | None) -> list[str]:
        try:
            opened = await asyncio.open_connection("localhost", port, ssl=client(authority, own))
            sender = Sender(*opened, Framer())
            sender.send(framed(message("event a", "1")))
            return await sender.answers(1)
        except (ssl.SSLError, ConnectionError):
            return ["end"]

    async def work() -> None:
        async with gateway(tmp_path / "journal", Topics()) as one:
            refusal = FakeInterpreter(State()).refusal
            server = MllpServer(Desk(one.writer, one.gate, refusal, lambda: NOW, 20), Limits(10, 20.0), context)
            port = await server.listen("127.0.0.1", 0)
            try:
                assert await answered(port, lab) == ["AA 1"]
                assert await answered(port, None) == ["end"]
                assert await answered(port, stranger) == ["end"]
            finally:
                await server.stop()
            assert [stored.client for stored in one.writer.read()] == ["lab-1"]

    asyncio.run(work())
