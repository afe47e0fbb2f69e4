"""Certificates for test servers, signed by a test authority or self-signed."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from ewallet_core.security.tokens import fingerprint_of

VALID = (datetime.now(UTC) - timedelta(days=1), datetime.now(UTC) + timedelta(days=30))
EXPIRED = (VALID[0] - timedelta(days=1), VALID[0])


class Issued:
    """A certificate and its key, in files of that folder."""

    def __init__(
        self,
        folder: Path,
        name: str,
        issuer: Issued | None = None,
        *,
        address: str = "127.0.0.1",
        valid: tuple[datetime, datetime] = VALID,
    ) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        names = x509.SubjectAlternativeName([x509.IPAddress(ip_address(address))])
        signer = issuer or self
        self.certificate = (
            x509.CertificateBuilder()
            .subject_name(self.subject)
            .issuer_name(signer.subject)
            .public_key(self.key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(valid[0])
            .not_valid_after(valid[1])
            .add_extension(x509.BasicConstraints(ca=name == "authority", path_length=None), critical=True)
            .add_extension(names, critical=False)
            .sign(signer.key, hashes.SHA256())
        )
        self.file = folder / f"{name}.pem"
        private = self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        self.file.write_bytes(self.certificate.public_bytes(serialization.Encoding.PEM) + private)

    @property
    def fingerprint(self) -> str:
        return fingerprint_of(self.certificate.public_bytes(serialization.Encoding.DER))

    @property
    def context(self) -> ssl.SSLContext:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self.file)
        return context
