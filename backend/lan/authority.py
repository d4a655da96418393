"""The installation's own certificate authority, and the server certificate it signs. Files in, files out; no network.

Camera, place and push need https, and no public authority vouches for ``192.168.1.5``. So each installation has an
authority of its own, which can vouch only for private addresses and this machine's names: a stolen key is no key to
anybody's bank. The constraints were tried with Python's TLS; how real phones take them is still to be seen.
"""

import ipaddress
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from backend.core.clock import now
from backend.embedded.folder import write_private

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

AUTHORITY_LIFE = timedelta(days=3652)
SERVER_LIFE = timedelta(days=397)
"""What public authorities may give at most: no phone finds it too long."""
RENEW_BEFORE = timedelta(days=30)
BACKDATED = timedelta(days=1)
"""Phones' clocks are often behind."""
PRIVATE_NETWORKS: tuple[Network, ...] = tuple(
    ipaddress.ip_network(network)
    for network in (
        *("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16", "127.0.0.0/8"),
        *("fc00::/7", "fe80::/10", "::1/128"),
    )
)
PRIVATE_NAMES = ("localhost", "local", "lan", "internal", "home.arpa")


@dataclass(frozen=True)
class Names:
    """What the server certificate must vouch for: this machine's addresses and names."""

    addresses: tuple[Address, ...]
    hosts: tuple[str, ...] = ("localhost",)


@dataclass(frozen=True)
class Certificate:
    """A certificate on the disk, as the console, the trust page and the doctor tell of it."""

    fingerprint: str
    """SHA-256 over the DER form, ``AB:CD:…``, as phones show it."""
    expires_at: datetime
    names: Names
    der: bytes


class Authority:
    """The files below ``folder``: ``authority.key``/``.crt`` made once, ``server.key``/``.crt`` renewed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.certificate_file = folder / "authority.crt"
        self.server_file = folder / "server.crt"
        self.server_key_file = folder / "server.key"

    @property
    def exists(self) -> bool:
        """Whether phones can be told to trust it."""
        return self.certificate_file.exists()

    def certificate(self) -> Certificate:
        """The authority's own certificate. Raises OSError when there is none yet."""
        return _described(_load(self.certificate_file))

    def server(self) -> Certificate:
        """The certificate that the web role shows. Raises OSError when there is none yet."""
        return _described(_load(self.server_file))

    def ensure(self, names: Names, *, at: datetime | None = None) -> bool:
        """Make what is missing, renew what is due at ``at``; whether a new server certificate was signed.

        An authority about to end is replaced, and phones must then trust the new one.
        """
        at = at or now()
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not self._authority_stands(at):
            self._found(names, at)
        if self._server_stands(names, at):
            return False
        self._sign(names, at)
        return True

    def outside(self, names: Names) -> list[str]:
        """Those of ``names`` that the authority may not vouch for, because it was made without them."""
        constraints = _load(self.certificate_file).extensions.get_extension_for_class(x509.NameConstraints).value
        permitted = constraints.permitted_subtrees or []
        networks = [n.value for n in permitted if isinstance(n, x509.IPAddress) and isinstance(n.value, Network)]
        domains = [name.value for name in permitted if isinstance(name, x509.DNSName)]
        lost = [str(a) for a in names.addresses if not any(_within(a, n) for n in networks)]
        return lost + [h for h in names.hosts if not any(h == d or h.endswith(f".{d}") for d in domains)]

    def _authority_stands(self, at: datetime) -> bool:
        if not (self.exists and (self.folder / "authority.key").exists()):
            return False
        return _load(self.certificate_file).not_valid_after_utc - SERVER_LIFE > at

    def _server_stands(self, names: Names, at: datetime) -> bool:
        if not (self.server_file.exists() and self.server_key_file.exists()):
            return False
        present, authority = _load(self.server_file), _load(self.certificate_file)
        try:
            present.verify_directly_issued_by(authority)
            key = serialization.load_pem_private_key(self.server_key_file.read_bytes(), None)
        except Exception:  # whatever is wrong with them, new ones are right
            return False
        if key.public_key() != present.public_key():  # the power went between the two files
            return False
        known = _described(present).names
        covers = set(names.addresses) <= set(known.addresses) and set(names.hosts) <= set(known.hosts)
        return covers and present.not_valid_after_utc - RENEW_BEFORE > at

    def _found(self, names: Names, at: datetime) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        host = next((host for host in names.hosts if host != "localhost"), "localhost")
        name = _name(f"AnSu 安溯 {host} {at:%Y-%m-%d}"[:64])
        authority = (
            _begun(name, name, key.public_key(), at, AUTHORITY_LIFE)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(signs_certificates=True), critical=True)
            .add_extension(_constraints(names), critical=True)
            .sign(key, hashes.SHA256())
        )
        write_private(self.folder / "authority.key", _pem(key))
        write_private(self.certificate_file, authority.public_bytes(serialization.Encoding.PEM).decode())

    def _sign(self, names: Names, at: datetime) -> None:
        signer = serialization.load_pem_private_key((self.folder / "authority.key").read_bytes(), None)
        if not isinstance(signer, ec.EllipticCurvePrivateKey):
            raise TypeError(f"{self.folder / 'authority.key'} holds no elliptic-curve key")
        authority = _load(self.certificate_file)
        key = ec.generate_private_key(ec.SECP256R1())
        alternatives = [x509.DNSName(host) for host in names.hosts] + [x509.IPAddress(a) for a in names.addresses]
        server = (
            _begun(_name("AnSu 安溯"), authority.subject, key.public_key(), at, SERVER_LIFE)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs_certificates=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
            .add_extension(_issued_by(authority), critical=False)
            .sign(signer, hashes.SHA256())
        )
        write_private(self.server_key_file, _pem(key))
        write_private(self.server_file, server.public_bytes(serialization.Encoding.PEM).decode())


def _name(common: str) -> x509.Name:
    return x509.Name(
        [x509.NameAttribute(NameOID.COMMON_NAME, common), x509.NameAttribute(NameOID.ORGANIZATION_NAME, "AnSu")]
    )


def _begun(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, at: datetime, life: timedelta
) -> x509.CertificateBuilder:
    """A certificate's frame; ``life`` counts from its backdated beginning."""
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(int.from_bytes(os.urandom(16)) >> 1)
        .not_valid_before(at - BACKDATED)
        .not_valid_after(at - BACKDATED + life)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _issued_by(authority: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    own = authority.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own)


def _constraints(names: Names) -> x509.NameConstraints:
    """Private networks and names, and the machine's own where those are public ones."""
    own = [ipaddress.ip_network(a) for a in names.addresses if not any(_within(a, n) for n in PRIVATE_NETWORKS)]
    hosts = dict.fromkeys((*PRIVATE_NAMES, *names.hosts))
    return x509.NameConstraints(
        [x509.DNSName(host) for host in hosts] + [x509.IPAddress(n) for n in (*PRIVATE_NETWORKS, *own)], None
    )


def _within(address: Address, network: Network) -> bool:
    return address.version == network.version and address in network


def _pem(key: ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def _load(file: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(file.read_bytes())


def _described(certificate: x509.Certificate) -> Certificate:
    addresses: Sequence[Address] = ()
    hosts: Sequence[str] = ()
    for extension in certificate.extensions:
        if isinstance(extension.value, x509.SubjectAlternativeName):
            addresses = [a for a in extension.value.get_values_for_type(x509.IPAddress) if isinstance(a, Address)]
            hosts = extension.value.get_values_for_type(x509.DNSName)
    return Certificate(
        certificate.fingerprint(hashes.SHA256()).hex(":").upper(),
        certificate.not_valid_after_utc,
        Names(tuple(addresses), tuple(hosts)),
        certificate.public_bytes(serialization.Encoding.DER),
    )
