"""MLLP and FHIR over TLS on a real Kafka: who has no certificate of our authority stays out, and the log says why."""

import json
import socket
import ssl
from collections.abc import Iterator
from datetime import timedelta
from http.client import HTTPException, HTTPSConnection
from pathlib import Path

import pytest

from picustream.gateways.hl7.frames import framed
from picustream.gateways.journal.journal import Journal
from picustream.gateways.server.sink import TOPICS
from tests.gateways import texts
from tests.gateways.certificates import DAY, Party, party
from tests.integration.gateways import bench, metric, ready, serving
from tests.integration.senders import code_of
from tests.integration.workers import Bench, Worker

__all__ = ["bench"]
pytestmark = pytest.mark.servers

OBSERVATION = {
    "resourceType": "Observation",
    "id": "o1",
    "status": "final",
    "code": {"coding": [{"system": "http://loinc.org", "code": "14682-9"}]},
    "subject": {"identifier": {"system": "urn:x", "value": "17", "type": {"coding": [{"code": "MR"}]}}},
    "effectiveDateTime": "2026-03-01T09:15:00+08:00",
    "valueQuantity": {"value": 54, "system": "http://unitsofmeasure.org", "code": "umol/L"},
}


@pytest.fixture
def authority(tmp_path: Path) -> Party:
    return party(tmp_path, "authority")


@pytest.fixture
def gateway(bench: Bench, tmp_path: Path, authority: Party) -> Iterator[Worker]:
    """A gateway that lets in whom the authority knows."""
    ours = party(tmp_path, "gateway", authority)
    running = serving(
        bench,
        gateway_cert_file=str(ours.certificate),
        gateway_key_file=str(ours.key_file),
        gateway_client_ca_file=str(authority.certificate),
    )
    ready(running)
    yield running
    assert running.stop() == 0


def context(authority: Party, own: Party | None) -> ssl.SSLContext:
    made = ssl.create_default_context(cafile=str(authority.certificate))
    if own:
        made.load_cert_chain(own.certificate, own.key_file)
    return made


def mllp(gateway: Worker, tls: ssl.SSLContext) -> str:
    """The code of the answer to a message; nothing where the sender is not let in."""
    port = ready(gateway)["mllp_ports"][0]
    try:
        with (
            socket.create_connection(("127.0.0.1", port), timeout=20) as plain,
            tls.wrap_socket(plain, server_hostname="localhost") as secured,
        ):
            secured.sendall(framed(texts.admission()))
            return code_of(secured.recv(1 << 16))
    except OSError:
        return ""


def fhir(gateway: Worker, tls: ssl.SSLContext, **headers: str) -> int:
    """The status of the answer to a resource; 0 where the sender is not let in."""
    connection = HTTPSConnection("localhost", ready(gateway)["fhir_port"], context=tls, timeout=20)
    try:
        kind = {"Content-Type": "application/fhir+json", **headers}
        connection.request("PUT", "/fhir/Observation/o1", json.dumps(OBSERVATION), kind)
        return connection.getresponse().status
    except (OSError, HTTPException):
        return 0
    finally:
        connection.close()


def test_who_is_let_in_and_why_others_are_not(bench: Bench, gateway: Worker, tmp_path: Path, authority: Party) -> None:
    lab, expired = party(tmp_path, "lab-1", authority), party(tmp_path, "expired", authority, until=-timedelta(hours=1))
    early, stranger = party(tmp_path, "early", authority, until=3 * DAY), party(tmp_path, "stranger")
    forged = party(tmp_path, "forged", party(tmp_path, "authority-2"))
    good = context(authority, lab)
    assert (mllp(gateway, good), fhir(gateway, good)) == ("AA", 200)
    for number, own in enumerate((None, expired, early, stranger, forged), 1):
        tls = context(authority, own)
        assert (mllp(gateway, tls), fhir(gateway, tls)) == ("", 0)
        assert metric(gateway, "closed_connections_total") >= 2 * number
    said = {line["why"] for line in gateway.log_lines if line["event"] == "tls-refused"}
    assert {"peer did not return a certificate", "certificate has expired", "certificate is not yet valid"} <= said
    assert any("self-signed" in why for why in said) and any("issuer" in why for why in said)
    assert (mllp(gateway, good), fhir(gateway, good)) == ("AA", 200)
    assert {one.client for one in Journal(Path(bench.env["PICUSTREAM_GATEWAY_JOURNAL"])).read()} == {"lab-1"}
    assert len(bench.records(TOPICS)) == 1


def test_a_sender_without_tls_and_one_with_an_old_one_are_not_answered(gateway: Worker, authority: Party) -> None:
    with socket.create_connection(("127.0.0.1", ready(gateway)["mllp_ports"][0]), timeout=20) as plain:
        plain.sendall(framed(texts.admission()))
        assert b"MSA" not in plain.recv(1 << 16)
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.load_verify_locations(authority.certificate)
    old.maximum_version = ssl.TLSVersion.TLSv1_1
    old.set_ciphers("ALL:@SECLEVEL=0")
    assert (mllp(gateway, old), fhir(gateway, old)) == ("", 0)


def test_a_token_stands_for_a_certificate_of_a_sender_of_fhir(bench: Bench, tmp_path: Path, authority: Party) -> None:
    """Where tokens are set; a certificate that is no good does not get in by a token."""
    ours = party(tmp_path, "gateway", authority)
    tokens = tmp_path / "tokens"
    tokens.write_text("lab 2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b\n")
    gateway = serving(
        bench,
        gateway_cert_file=str(ours.certificate),
        gateway_key_file=str(ours.key_file),
        gateway_client_ca_file=str(authority.certificate),
        gateway_tokens_file=str(tokens),
    )
    ready(gateway)
    none, stranger = context(authority, None), context(authority, party(tmp_path, "stranger"))
    assert fhir(gateway, none, Authorization="Bearer secret") == 200
    assert fhir(gateway, none, Authorization="Bearer wrong") == 401
    assert fhir(gateway, none) == 401
    assert fhir(gateway, stranger, Authorization="Bearer secret") == 0
    assert fhir(gateway, context(authority, party(tmp_path, "lab-1", authority))) == 200
    assert mllp(gateway, none) == ""
    assert gateway.stop() == 0
