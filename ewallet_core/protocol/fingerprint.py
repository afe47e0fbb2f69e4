"""A certificate's fingerprint: what two people can compare by reading it to each other."""

from __future__ import annotations

import base64
import hashlib


def fingerprint_of(certificate: bytes) -> str:
    """The fingerprint of a certificate in its binary (DER) form, as `SHA256:` and 43 letters."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(certificate).digest()).rstrip(b"=").decode()
