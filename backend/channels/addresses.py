"""Which addresses people may give, and which of the network's a call may go to. Pure."""

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from backend.channels.kinds import Kind
from backend.core.errors import N_, Invalid

LONGEST_URL = 2000
_TOKEN = re.compile(r"[A-Za-z0-9_-]{16,200}")
_HOSTS = {
    Kind.WECOM: ("qyapi.weixin.qq.com",),
    Kind.DINGTALK: ("oapi.dingtalk.com",),
    Kind.FEISHU: ("open.feishu.cn", "open.larksuite.com"),
}
_PATHS = {Kind.WECOM: "/cgi-bin/webhook/send", Kind.DINGTALK: "/robot/send"}
_HOOK = re.compile(r"/open-apis/bot/v2/hook/([^/]+)")
_QUERIES = {Kind.WECOM: "key", Kind.DINGTALK: "access_token"}
LARK = "open.larksuite.com"

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_METADATA = frozenset(
    ipaddress.ip_address(one)
    for one in ("169.254.169.254", "fd00:ec2::254", "100.100.100.200", "168.63.129.16", "192.0.0.192")
)
"""Where clouds tell machines their own secrets (AWS and others, 阿里云, Azure, Oracle)."""
_SHARED = ipaddress.ip_network("100.64.0.0/10")
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


@dataclass(frozen=True)
class Robot:
    """What a robot's address holds: the token that is its key, and for Lark another host."""

    token: str
    lark: bool = False


def robot_of(kind: Kind, given: str) -> Robot:
    """The robot of a pasted webhook address, or of its key alone. Raises Invalid beside ``address``.

    Of the address only the key is kept: where it is sent to is the vendor's host, whatever was pasted.
    """
    given = given.strip()
    if _TOKEN.fullmatch(given):
        return Robot(given)
    try:
        address = urlsplit(given)
        host = (address.hostname or "").lower()
    except ValueError:
        host = ""
    if host not in _HOSTS[kind] or address.scheme != "https":
        raise Invalid(fields={"address": _NO_ROBOT[kind]})
    token = _token_in(kind, address.path, address.query)
    if not _TOKEN.fullmatch(token):
        raise Invalid(fields={"address": _NO_ROBOT[kind]})
    return Robot(token, host == LARK)


def _token_in(kind: Kind, path: str, query: str) -> str:
    if kind is Kind.FEISHU:
        found = _HOOK.fullmatch(path)
        return found[1] if found else ""
    return parse_qs(query).get(_QUERIES[kind], [""])[0] if path == _PATHS[kind] else ""


_NO_ROBOT = {
    Kind.WECOM: N_("这不是企业微信群机器人的地址，应以 https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key= 开头"),
    Kind.DINGTALK: N_("这不是钉钉群机器人的地址，应以 https://oapi.dingtalk.com/robot/send?access_token= 开头"),
    Kind.FEISHU: N_("这不是飞书群机器人的地址，应以 https://open.feishu.cn/open-apis/bot/v2/hook/ 开头"),
}


def webhook_url(given: str, *, inside: bool) -> str:
    """A webhook's address as it is called. Raises Invalid beside ``address``: only https, and http where the plant's
    own network was ticked (``inside``)."""
    given = given.strip()
    wrong = Invalid(fields={"address": N_("请填写完整的地址，以 https:// 开头")})
    if len(given) > LONGEST_URL or not given.isascii() or not given.isprintable() or " " in given:
        raise wrong
    try:
        address = urlsplit(given)
        host, port = address.hostname, address.port
    except ValueError:
        raise wrong from None
    if not host or address.username is not None or port == 0 or address.scheme not in {"https", "http"}:
        raise wrong
    if address.scheme == "http" and not inside:
        raise Invalid(fields={"address": N_("厂外的地址要用 https://；厂内网的地址请勾选“内网地址”")})
    return address._replace(fragment="").geturl()


def is_host(given: str) -> bool:
    """Whether ``given`` can be a mail server's name or address."""
    return len(given) <= 253 and re.fullmatch(r"[A-Za-z0-9](?:[A-Za-z0-9.:-]*[A-Za-z0-9])?", given) is not None


def may_reach(address: Address, *, inside: bool) -> bool:
    """Whether a call may go to ``address``. Never to this machine itself, its link or a cloud's metadata; to private
    networks only where a person said that the place is the plant's own (``inside``)."""
    embedded = _embedded(address)
    if embedded is not None:
        return may_reach(embedded, inside=inside)
    if address in _METADATA or address.is_loopback or address.is_link_local:
        return False
    if address.is_multicast or address.is_unspecified:
        return False
    if address.is_private or (address.version == 4 and address in _SHARED):
        return inside and _is_plant_network(address)
    return not address.is_reserved


_PLANT_NETWORKS = tuple(
    ipaddress.ip_network(one) for one in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")
)


def _is_plant_network(address: Address) -> bool:
    return any(address.version == network.version and address in network for network in _PLANT_NETWORKS)


def _embedded(address: Address) -> Address | None:
    """The IPv4 address that an IPv6 one stands for: behind it is the same machine."""
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF) if address in _NAT64 else None
