"""The request itself. Loaded with the first push: its libraries take a starting role a quarter of a second."""

from typing import Any

import requests
from pywebpush import WebPushException, webpush

from backend.core.settings import settings
from backend.delivery.push_message import Message
from backend.delivery.push_service import Answer, answer_of
from backend.delivery.vapid import vapid

PATIENCE_S = 10.0


class _NoDetours(requests.Session):
    """A session that goes nowhere else: a redirect could lead into the plant's own network."""

    def request(self, *args: Any, **options: Any) -> requests.Response:
        """As usual, redirects not followed."""
        return super().request(*args, **(options | {"allow_redirects": False}))


def send(subscription: dict[str, Any], message: Message) -> Answer:
    """Encrypt and hand over; blocks up to ``PATIENCE_S``. Never raises for the service's answer."""
    try:
        with _NoDetours() as session:
            webpush(
                subscription,
                message.body,
                vapid_private_key=vapid(),
                vapid_claims={"sub": settings().vapid_contact},
                ttl=message.ttl_s,
                headers=dict(message.headers),
                timeout=PATIENCE_S,
                requests_session=session,
            )
    except WebPushException as refused:
        return answer_of(refused.response.status_code if refused.response is not None else 400)
    except requests.RequestException:
        return Answer.LATER
    except ValueError:  # keys that are no keys
        return Answer.GONE
    return Answer.TAKEN
