"""What this machine is called on its networks: for the certificate's subject alternative names."""

import ipaddress
import re
import socket

import psutil

from backend.lan.authority import Address, Names

_HOST = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))*")


def own_names() -> Names:
    """All addresses of all interfaces but link-local ones of IPv6 (which no URL can hold), and the host's names."""
    found: set[Address] = {ipaddress.ip_address("127.0.0.1"), ipaddress.ip_address("::1")}
    for interface in psutil.net_if_addrs().values():
        for entry in interface:
            if entry.family in {socket.AF_INET, socket.AF_INET6}:
                found.add(ipaddress.ip_address(entry.address.partition("%")[0]))
    usable = sorted((a for a in found if not (a.version == 6 and a.is_link_local)), key=lambda a: (a.version, int(a)))
    return Names(tuple(usable), hosts_of(socket.gethostname()))


def hosts_of(hostname: str) -> tuple[str, ...]:
    """``localhost``, the host's short name, and the same below ``.local`` as mDNS tells it. Odd names are left out."""
    name = hostname.lower().rstrip(".")
    if not _HOST.fullmatch(name) or name == "localhost":
        return ("localhost",)
    short = name.partition(".")[0]
    return tuple(dict.fromkeys(("localhost", short, f"{short}.local", name)))
