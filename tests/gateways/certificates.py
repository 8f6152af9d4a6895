"""Certificates for the tests: an authority, and parties that it knows, or does not."""

import datetime
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

DAY = datetime.timedelta(days=1)


@dataclass
class Party:
    """A name with a certificate and its key, in files."""

    name: x509.Name
    key: ec.EllipticCurvePrivateKey
    certificate: Path
    key_file: Path


def party(
    folder: Path,
    common_name: str,
    issuer: Party | None = None,
    until: datetime.timedelta = DAY,
    host: str = "localhost",
) -> Party:
    """A party of an authority, or one of its own; its certificate is good `until` so long from now, for one host."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, common_name)])
    end = datetime.datetime.now(datetime.UTC) + until
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer.name if issuer else name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(end - 2 * DAY)
        .not_valid_after(end)
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .sign(issuer.key if issuer else key, hashes.SHA256())
    )
    made = Party(name, key, folder / f"{common_name}.pem", folder / f"{common_name}.key")
    made.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    made.key_file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return made
