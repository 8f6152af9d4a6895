"""Who may send, and that nobody listens to a network without knowing senders."""

import hashlib
from pathlib import Path
from typing import Any

import pytest

from picustream.gateways.server.access import check_exposure, client_name, tls, tokens
from picustream.runtime.errors import BadSettings
from picustream.runtime.settings import Settings

CERTIFICATE, AUTHORITY = Path("cert.pem"), Path("ca.pem")


def settings(**given: Any) -> Settings:
    return Settings.model_construct(**given)


@pytest.mark.parametrize(
    "given",
    [
        {"gateway_mllp_host": "0.0.0.0"},
        {"gateway_fhir_host": "0.0.0.0"},
        {"gateway_mllp_host": "10.0.0.1", "gateway_cert_file": CERTIFICATE},
        {"gateway_fhir_host": "10.0.0.1", "gateway_tokens_file": Path("tokens")},
        {"gateway_fhir_host": "10.0.0.1", "gateway_cert_file": CERTIFICATE},
        {"gateway_mllp_host": "10.0.0.1", "gateway_cert_file": CERTIFICATE, "gateway_tokens_file": Path("tokens")},
    ],
)
def test_a_network_without_tls_or_without_known_senders_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(BadSettings, match="_HOST"):
        check_exposure(settings(**given), behind_proxy=False, demo=False)
    check_exposure(settings(**given), behind_proxy=True, demo=False)
    with pytest.raises(BadSettings, match="any sender"):
        check_exposure(settings(**given), behind_proxy=True, demo=True)


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"gateway_mllp_host": "::1", "gateway_fhir_host": "localhost"},
        {"gateway_mllp_host": "0.0.0.0", "gateway_cert_file": CERTIFICATE, "gateway_client_ca_file": AUTHORITY},
        {"gateway_fhir_host": "0.0.0.0", "gateway_cert_file": CERTIFICATE, "gateway_tokens_file": Path("tokens")},
    ],
)
def test_loopback_and_what_is_secured_are_allowed(given: dict[str, Any]) -> None:
    check_exposure(settings(**given), behind_proxy=False, demo=False)


def test_tokens_are_known_by_their_digests(tmp_path: Path) -> None:
    file = tmp_path / "tokens"
    file.write_text(f"# feeds\nlab {hashlib.sha256(b'one').hexdigest()}\n\nicu {hashlib.sha256(b'two').hexdigest()}\n")
    found = tokens(file)
    assert [found.name(f"Bearer {token}") for token in ("one", "two", "three", "")] == ["lab", "icu", None, None]
    assert found.name(None) is None
    assert not tokens(None)


@pytest.mark.parametrize("content", ["", "lab one", "lab", f"lab {'a' * 64}\nlab {'b' * 64}"])
def test_a_file_of_tokens_that_says_nothing_is_refused(tmp_path: Path, content: str) -> None:
    file = tmp_path / "tokens"
    file.write_text(content)
    with pytest.raises(BadSettings, match="TOKENS_FILE"):
        tokens(file)
    with pytest.raises(BadSettings, match="cannot be read"):
        tokens(tmp_path / "none")


def test_half_of_tls_is_refused(tmp_path: Path) -> None:
    assert tls(settings()) is None
    with pytest.raises(BadSettings, match="no certificate"):
        tls(settings(gateway_client_ca_file=AUTHORITY))
    with pytest.raises(BadSettings, match="cannot be used"):
        tls(settings(gateway_cert_file=tmp_path / "none"))


def test_a_sender_is_the_common_name_of_its_certificate() -> None:
    assert client_name({"subject": ((("countryName", "CN"),), (("commonName", "lab-1"),))}) == "lab-1"
    assert client_name(None) == client_name({}) == ""
