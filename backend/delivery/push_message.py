"""What is pushed, how urgently, and where to. Pure. It passes foreign servers: encrypted, and telling little."""

import base64
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from backend.core.i18n import translate

TTL_S = {"major": 4 * 3600, "significant": 2 * 3600}
"""So long the push service keeps it for a phone that is off; later it is no news. An hour for lower levels."""
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True)
class Message:
    """A message for one phone, and the headers with which its push service takes it (RFC 8030, 5)."""

    body: str
    ttl_s: int
    urgency: str

    @property
    def headers(self) -> dict[str, str]:
        """Headers besides those of encryption and identity."""
        return {"Urgency": self.urgency}


def message_of(event_id: int, story: str, level: str, data: dict[str, Any], locale: str) -> Message:
    """``data``: that of the event. Only its title and address leave the plant, never its values.

    The tag is the story's, or one that the event brings: a later event of one tag replaces the notice of the earlier,
    and a message that comes twice shows once.
    """
    english = str(data.get("title_en") or "") if locale == "en" else ""
    told = {
        "title": english or str(data.get("title_zh") or translate(locale, "安溯")),
        "url": str(data.get("url") or "/"),
        "level": level,
        "level_word": translate(locale, _WORDS[level]) if level in _WORDS else "",
        "tag": str(data.get("tag") or story),
        "event": event_id,
    }
    urgent = level in TTL_S
    return Message(json.dumps(told, ensure_ascii=False), TTL_S.get(level, 3600), "high" if urgent else "normal")


_WORDS = {"major": "重大", "significant": "较大", "general": "一般", "low": "低"}


def may_call(endpoint: str, hosts: str) -> bool:
    """Whether ``endpoint`` lies at one of the push services ``hosts``: phones name it, and we call it.

    By https only, but for this machine itself where an operator has listed it.
    """
    try:
        address = urlsplit(endpoint)
        host, user = address.hostname or "", address.username
    except ValueError:
        return False
    allowed = [pattern.strip().lower() for pattern in hosts.split(",") if pattern.strip()]
    listed = any(host.endswith(p[1:]) if p.startswith("*.") else host == p for p in allowed)
    safe = address.scheme == "https" or (address.scheme == "http" and host in _LOOPBACK)
    return listed and safe and user is None and len(endpoint) <= 2000


def keys_are_sound(p256dh: str, auth: str) -> bool:
    """Whether a browser's keys have the form of RFC 8291: an uncompressed point of 65 bytes, a secret of 16."""
    try:
        point, secret = (base64.urlsafe_b64decode(key + "=" * (-len(key) % 4)) for key in (p256dh, auth))
    except ValueError:
        return False
    return len(point) == 65 and point[0] == 4 and len(secret) == 16
