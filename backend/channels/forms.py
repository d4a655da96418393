"""Reads what somebody types to make or change a channel. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from backend.channels.addresses import LARK, is_host, robot_of, webhook_url
from backend.channels.drafts import Draft
from backend.channels.kinds import BARE, LEVELS, ROBOTS, STARTTLS, TLS, Kind, Topic
from backend.channels.models import Channel
from backend.core.errors import N_, Invalid
from backend.delivery.quiet import Span, clock_of, span_of

LONGEST_NAME, LONGEST_SECRET, MOST_RECIPIENTS = 40, 200, 30
_MAILBOX = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?")
_PORTS = range(1, 65_536)


@dataclass(frozen=True)
class Typed:
    """The form as it is shown again; lists are what is ticked."""

    name: str = ""
    locale: str = "zh_CN"
    topics: Sequence[str] = (Topic.ALARMS, Topic.INCIDENTS)
    alarms_from: str = "significant"
    area_ids: Sequence[str] = ()
    stage_ids: Sequence[str] = ()
    quiet_from: str = ""
    quiet_until: str = ""
    address: str = ""
    secret: str = ""
    inside: bool = False
    host: str = ""
    port: str = "587"
    security: str = STARTTLS
    user: str = ""
    password: str = ""
    sender: str = ""
    recipients: str = ""


def read_draft(kind: Kind, typed: Typed, *, made: bool) -> Draft:
    """Raises Invalid by field, all at once. ``made``: the channel is there, so that a secret left empty stays."""
    wrong: dict[str, str] = {}
    name = typed.name.strip()
    if not 0 < len(name) <= LONGEST_NAME:
        wrong["name"] = N_("请填写名称，不超过 40 个字")
    topics = tuple(str(one) for one in Topic if one in typed.topics)
    if not topics:
        wrong["topics"] = N_("请至少选一项")
    if typed.alarms_from not in LEVELS:
        wrong["alarms_from"] = N_("请选择")
    quiet: Span | None = None
    try:
        quiet = span_of("quiet", typed.quiet_from, typed.quiet_until)
    except Invalid as error:
        wrong |= error.fields
    if quiet is not None and quiet[0] == quiet[1]:
        wrong["quiet_from"] = N_("开始和结束不能相同")
    to: dict[str, Any] = {}
    try:
        to = _READERS[kind](kind, typed, made)
    except Invalid as error:
        wrong |= error.fields
    if wrong:
        raise Invalid(fields=wrong)
    return Draft(
        kind=kind,
        name=name,
        locale="en" if typed.locale == "en" else "zh_CN",
        topics=topics,
        alarms_from=typed.alarms_from,
        area_ids=_ids(typed.area_ids),
        stage_ids=_ids(typed.stage_ids),
        quiet=quiet,
        **to,
    )


def _robot(kind: Kind, typed: Typed, made: bool) -> dict[str, Any]:
    secret = _secret(typed.secret)
    further = {"secret": secret} if secret else {}
    if made and not typed.address.strip():
        return {"shown": None, "further": further}
    robot = robot_of(kind, typed.address)
    sealed = {"token": robot.token, "host": LARK if robot.lark else ""}
    if made:
        return {"shown": _tail(robot.token), "further": {**sealed, **further}}
    return {"shown": _tail(robot.token), "secrets": {**sealed, "secret": secret}}


def _webhook(_kind: Kind, typed: Typed, made: bool) -> dict[str, Any]:
    secret = _secret(typed.secret)
    setting = {"inside": typed.inside}
    further = {"secret": secret} if secret else {}
    if made and not typed.address.strip():
        return {"shown": None, "setting": setting, "further": further}
    url = webhook_url(typed.address, inside=typed.inside)
    shown = urlsplit(url).netloc
    if made:
        return {"shown": shown, "setting": setting, "further": {"url": url, **further}}
    return {"shown": shown, "setting": setting, "secrets": {"url": url, "secret": secret}}


def _email(_kind: Kind, typed: Typed, made: bool) -> dict[str, Any]:
    wrong: dict[str, str] = {}
    host, user, sender = typed.host.strip(), typed.user.strip(), typed.sender.strip()
    if not is_host(host):
        wrong["host"] = N_("请填写邮件服务器，如 smtp.example.com")
    port = int(typed.port) if typed.port.isascii() and typed.port.isdigit() and len(typed.port) < 6 else 0
    if port not in _PORTS:
        wrong["port"] = N_("请填写 1 到 65535 的端口")
    if typed.security not in {STARTTLS, TLS, BARE}:
        wrong["security"] = N_("请选择")
    elif typed.security == BARE and not typed.inside:
        wrong["security"] = N_("不加密只限本厂内网的邮件服务器，请勾选“内网地址”")
    if not _MAILBOX.fullmatch(sender):
        wrong["sender"] = N_("请填写邮箱地址")
    recipients = list(dict.fromkeys(re.split(r"[\s,;，；]+", typed.recipients.strip())))
    if not all(_MAILBOX.fullmatch(one) for one in recipients):
        wrong["recipients"] = N_("请填写收件人的邮箱地址，每行一个")
    elif len(recipients) > MOST_RECIPIENTS:
        wrong["recipients"] = N_("最多 30 个收件人")
    if len(user) > LONGEST_SECRET or not user.isprintable():
        wrong["user"] = N_("不超过 200 个字")
    password = _secret(typed.password, "password")
    if user and not password and not made:
        wrong["password"] = N_("请填写密码或授权码")
    if wrong:
        raise Invalid(fields=wrong)
    setting = {
        "host": host,
        "port": port,
        "security": typed.security,
        "user": user,
        "sender": sender,
        "recipients": recipients,
        "inside": typed.inside,
    }
    first = recipients[0] + (f" +{len(recipients) - 1}" if len(recipients) > 1 else "")
    if made:
        return {"shown": first, "setting": setting, "further": {"password": password} if password else {}}
    return {"shown": first, "setting": setting, "secrets": {"password": password}}


_READERS = {
    **dict.fromkeys(ROBOTS, _robot),
    Kind.WEBHOOK: _webhook,
    Kind.EMAIL: _email,
}


def _secret(typed: str, name: str = "secret") -> str:
    secret = typed.strip()
    if len(secret) > LONGEST_SECRET or not secret.isprintable():
        raise Invalid(fields={name: N_("不超过 200 个字")})
    return secret


def _tail(token: str) -> str:
    return f"…{token[-4:]}"


def _ids(typed: Sequence[str]) -> tuple[int, ...]:
    return tuple(sorted({int(one) for one in typed if one.isascii() and one.isdigit() and len(one) < 19}))


def typed_of(channel: Channel) -> Typed:
    """``channel`` as the form shows it: its address and secrets never."""
    setting = channel.setting
    quiet = channel.quiet_from is not None and channel.quiet_until is not None
    mail = {}
    if channel.kind == Kind.EMAIL:
        mail = {name: str(setting[name]) for name in ("host", "port", "security", "user", "sender")}
        mail["recipients"] = "\n".join(setting["recipients"])
    return Typed(
        name=channel.name,
        locale=channel.locale,
        topics=channel.topics,
        alarms_from=channel.alarms_from,
        area_ids=[str(one) for one in channel.area_ids],
        stage_ids=[str(one) for one in channel.stage_ids],
        quiet_from=clock_of(channel.quiet_from or 0) if quiet else "",
        quiet_until=clock_of(channel.quiet_until or 0) if quiet else "",
        inside=bool(setting.get("inside")),
        **mail,
    )
