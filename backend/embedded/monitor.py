"""What the embedded broker's monitoring pages tell of its persistent MQTT subscriptions."""

import json
import urllib.request
from dataclasses import dataclass
from typing import Any

_STREAM = "$MQTT_msgs"
"""Where NATS keeps what persistent sessions haven't acknowledged."""


@dataclass(frozen=True)
class Subscription:
    """One of a persistent session, and how many messages the broker holds for it."""

    held: int


def subscriptions(monitor_url: str, patience_s: float = 5.0) -> list[Subscription]:
    """All there are. Raises OSError or ValueError when the pages can't be read."""
    url = f"{monitor_url}/jsz?streams=1&consumers=1"
    with urllib.request.urlopen(url, timeout=patience_s) as page:  # noqa: S310 - our own broker
        told: dict[str, Any] = json.load(page)
    streams = [s for account in told.get("account_details") or [] for s in account.get("stream_detail") or []]
    consumers = [c for s in streams if s.get("name") == _STREAM for c in s.get("consumer_detail") or []]
    return [Subscription(int(c.get("num_pending", 0)) + int(c.get("num_ack_pending", 0))) for c in consumers]
