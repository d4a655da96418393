"""What a channel can be, what it can be told, and how much it takes. Pure.

The limits are the vendors' own: 企业微信 群机器人配置说明 (20 messages a minute, 4,096 bytes of Markdown), 钉钉
自定义机器人接入 (20 a minute, 20,000 bytes), 飞书 自定义机器人使用指南 (100 a minute, 5 a second, 20 KB a request).
Mail servers and webhooks say none: those are ours.
"""

import enum
from dataclasses import dataclass


class Kind(enum.StrEnum):
    """What is at the other end."""

    WECOM = "wecom"
    """企业微信群机器人."""
    DINGTALK = "dingtalk"
    """钉钉群机器人."""
    FEISHU = "feishu"
    """飞书 or Lark 群机器人."""
    WEBHOOK = "webhook"
    """Another system that takes JSON."""
    EMAIL = "email"


ROBOTS = frozenset({Kind.WECOM, Kind.DINGTALK, Kind.FEISHU})


class Topic(enum.StrEnum):
    """What a channel may be told of."""

    ALARMS = "alarms"
    """Warnings and alarms that call people, from a level upward."""
    INCIDENTS = "incidents"
    OVERDUE = "overdue"
    """Rectifications whose deadline has passed, once a day each."""
    WEEK = "week"
    """The weekly safety report."""
    MONTH = "month"


REPORTS = frozenset({Topic.WEEK, Topic.MONTH})
"""Each is a message of its own; news is gathered."""


WAKING = frozenset({Topic.ALARMS, Topic.INCIDENTS})
"""What is told at any hour when it is 重大: a deadline that has passed is so in the morning, too."""


class MessageKind(enum.StrEnum):
    """What a message holds."""

    NEWS = "news"
    REPORT = "report"
    TEST = "test"


STARTTLS, TLS, BARE = "starttls", "tls", "none"
"""How a mail server's line is encrypted."""


@dataclass(frozen=True)
class Limit:
    """At most ``calls`` in ``seconds``, each of them; ``bytes_`` of a message's text (of the request at 飞书)."""

    calls: tuple[tuple[int, float], ...]
    bytes_: int


LIMITS = {
    Kind.WECOM: Limit(((20, 60.0),), 4096),
    Kind.DINGTALK: Limit(((20, 60.0),), 20_000),
    Kind.FEISHU: Limit(((100, 60.0), (5, 1.0)), 20_000),
    Kind.WEBHOOK: Limit(((60, 60.0),), 256_000),
    Kind.EMAIL: Limit(((10, 60.0),), 200_000),
}

LEVELS = ("low", "general", "significant", "major")
"""From the least grave upward."""
MARKS = {"major": "◆", "significant": "▲", "general": "●", "low": "○"}


def gravity(level: str) -> int:
    """Larger for what is graver; what has no level counts as 一般."""
    return LEVELS.index(level if level in LEVELS else "general")
