"""The installation's own authority: whom it lets in, for what it vouches, when it renews."""

import ipaddress
import ssl
import stat
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509

from backend.core.clock import now
from backend.lan.authority import AUTHORITY_LIFE, Authority, Names
from backend.lan.devices import Device, device_of
from backend.lan.names import hosts_of, own_names

HOME = Names((ipaddress.ip_address("127.0.0.1"), ipaddress.ip_address("192.168.1.5")), ("localhost", "gate"))


def test_keys_are_ours_alone_and_the_server_certificate_is_short_lived(tmp_path: Path) -> None:
    authority = Authority(tmp_path / "tls")
    assert authority.ensure(HOME)
    for key in ("authority.key", "server.key"):
        assert stat.S_IMODE((authority.folder / key).stat().st_mode) == 0o600
    server = x509.load_pem_x509_certificate(authority.server_file.read_bytes())
    assert server.not_valid_after_utc - server.not_valid_before_utc <= timedelta(days=397)
    assert authority.server().names == HOME


def test_a_certificate_is_renewed_in_time_and_for_a_new_address_under_the_same_authority(tmp_path: Path) -> None:
    authority = Authority(tmp_path / "tls")
    authority.ensure(HOME)
    trusted = authority.certificate().fingerprint
    assert not authority.ensure(HOME, at=now() + timedelta(days=300))
    assert authority.ensure(HOME, at=now() + timedelta(days=370))
    moved = Names((*HOME.addresses, ipaddress.ip_address("10.2.3.4")), HOME.hosts)
    assert authority.ensure(moved)
    assert authority.server().names == moved
    assert authority.certificate().fingerprint == trusted
    assert authority.ensure(moved, at=now() + AUTHORITY_LIFE - timedelta(days=200))
    assert authority.certificate().fingerprint != trusted


def test_a_power_cut_between_key_and_certificate_heals(tmp_path: Path) -> None:
    authority, other = Authority(tmp_path / "tls"), Authority(tmp_path / "other")
    authority.ensure(HOME)
    other.ensure(HOME)
    authority.server_key_file.write_text(other.server_key_file.read_text())
    assert authority.ensure(HOME)
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(authority.server_file, authority.server_key_file)


def test_it_vouches_for_private_addresses_and_own_names_only(tmp_path: Path) -> None:
    authority = Authority(tmp_path / "tls")
    authority.ensure(HOME)
    bank = Names((ipaddress.ip_address("203.0.113.9"), ipaddress.ip_address("10.0.0.1")), ("bank.example", "gate"))
    assert authority.outside(bank) == ["203.0.113.9", "bank.example"]
    own = Authority(tmp_path / "own")
    own.ensure(bank)
    assert own.outside(bank) == []


@pytest.mark.parametrize(
    ("said", "device"),
    [
        ("Mozilla/5.0 (Linux; Android 14; 2312DRA50C) AppleWebKit/537.36 Chrome/124.0 Mobile", Device.ANDROID),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Safari", Device.IOS),
        ("Mozilla/5.0 (Phone; OpenHarmony 5.0) AppleWebKit/537.36 ArkWeb/4.1 Mobile HuaweiBrowser/5.0", Device.HARMONY),
        ("Mozilla/5.0 (Linux; Android 12; HarmonyOS; NOH-AN00) HuaweiBrowser/14.0 Mobile", Device.HARMONY),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Edg/124.0", Device.WINDOWS),
        ("curl/8", Device.OTHER),
    ],
)
def test_each_phone_gets_its_own_steps(said: str, device: Device) -> None:
    assert device_of(said) is device


def test_odd_host_names_are_left_out() -> None:
    assert hosts_of("AnSu-Box.plant.lan") == ("localhost", "ansu-box", "ansu-box.local", "ansu-box.plant.lan")
    assert hosts_of("安溯") == ("localhost",)
    assert ipaddress.ip_address("127.0.0.1") in own_names().addresses
