"""The authority as an Apple configuration profile: iPhones install a root from nothing else as easily. Pure."""

import plistlib
import uuid

_NAMESPACE = uuid.UUID("6d7f7c39-2b0f-5f0e-9c57-1b7a3c2f4a10")


def mobileconfig(der: bytes, fingerprint: str, title: str, description: str) -> bytes:
    """A profile that holds the certificate ``der``. The same certificate gives the same identifiers, so that a second
    installation replaces the first. Keys: Apple, "Configuration Profile Reference", payload com.apple.security.root."""
    inner, outer = (str(uuid.uuid5(_NAMESPACE, f"{kind} {fingerprint}")).upper() for kind in ("root", "profile"))
    certificate = {
        "PayloadType": "com.apple.security.root",
        "PayloadVersion": 1,
        "PayloadIdentifier": f"ansu.authority.{inner}",
        "PayloadUUID": inner,
        "PayloadDisplayName": title,
        "PayloadCertificateFileName": "ansu.crt",
        "PayloadContent": der,
    }
    return plistlib.dumps(
        {
            "PayloadType": "Configuration",
            "PayloadVersion": 1,
            "PayloadIdentifier": f"ansu.profile.{outer}",
            "PayloadUUID": outer,
            "PayloadDisplayName": title,
            "PayloadDescription": description,
            "PayloadRemovalDisallowed": False,
            "PayloadContent": [certificate],
        }
    )
