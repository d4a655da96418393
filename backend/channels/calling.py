"""One call of a robot or a webhook: POST of JSON, no detour, not longer than ``PATIENCE_S``, a bounded answer."""

import http.client
import json
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from backend.channels.addresses import LARK
from backend.channels.answers import Answer, answer_of, plain
from backend.channels.kinds import Kind
from backend.channels.reaching import (
    PATIENCE_S,
    NotReached,
    Place,
    answer_of_error,
    connect,
    hung_up_after,
    place,
)
from backend.channels.signing import dingtalk_signature, feishu_signature, webhook_signature
from backend.core.settings import settings

LONGEST_ANSWER = 16_384


@dataclass(frozen=True)
class Request:
    """What goes over the line."""

    url: str
    body: bytes
    headers: Mapping[str, str]
    inside: bool = False
    trusted: bool = False
    """Whether the operator named its host, not a person."""


def request_for(
    kind: Kind, secrets: Mapping[str, str], body: dict[str, Any], *, delivery: str, inside: bool, at: float
) -> Request:
    """``body`` addressed and signed as ``kind`` wants it; ``at``: now, in seconds since 1970."""
    token, secret, headers = quote(secrets.get("token", ""), safe=""), secrets.get("secret", ""), dict[str, str]()
    if kind is Kind.WECOM:
        url = f"{settings().wecom_url}/cgi-bin/webhook/send?key={token}"
    elif kind is Kind.DINGTALK:
        url = f"{settings().dingtalk_url}/robot/send?access_token={token}"
        if secret:
            stamp = round(at * 1000)
            url += f"&timestamp={stamp}&sign={dingtalk_signature(stamp, secret)}"
    elif kind is Kind.FEISHU:
        base = settings().lark_url if secrets.get("host") == LARK else settings().feishu_url
        url = f"{base}/open-apis/bot/v2/hook/{token}"
        if secret:
            body = {"timestamp": str(int(at)), "sign": feishu_signature(int(at), secret), **body}
    else:
        url = secrets["url"]
    content = json.dumps(body, ensure_ascii=False).encode()
    if kind is Kind.WEBHOOK:
        headers = {"X-AnSu-Delivery": delivery, "X-AnSu-Timestamp": str(int(at))}
        if secret:
            headers["X-AnSu-Signature"] = webhook_signature(int(at), content, secret)
    return Request(url, content, headers, inside, trusted=kind is not Kind.WEBHOOK)


def call(kind: Kind, request: Request, *secrets: str) -> Answer:
    """Send it; blocks up to ``PATIENCE_S`` and the search for the name. Never raises for what the other side does;
    ``secrets`` are struck out of its words."""
    try:
        answer = _call(kind, request)
    except (OSError, http.client.HTTPException, NotReached, ValueError) as error:
        answer = answer_of_error(error)
    return Answer(answer.outcome, answer.reason, plain(answer.detail, *secrets), answer.after_s)


def _call(kind: Kind, request: Request) -> Answer:
    address = urlsplit(request.url)
    secure = address.scheme == "https"
    host, port = address.hostname or "", address.port or (443 if secure else 80)
    where = Place(host, port, request.inside, True) if request.trusted else place(host, port, inside=request.inside)
    started = time.monotonic()
    line = connect(where)
    try:
        with hung_up_after(max(PATIENCE_S - (time.monotonic() - started), 0.1), line) as cut:
            try:
                answer = _converse(kind, request, line, where, secure=secure)
            except (OSError, http.client.HTTPException):
                if cut.is_set():
                    raise TimeoutError from None
                raise
            if cut.is_set():  # half an answer reads like a whole one
                raise TimeoutError
            return answer
    finally:
        line.close()


def _converse(kind: Kind, request: Request, line: Any, where: Place, *, secure: bool) -> Answer:
    if secure:
        line = ssl.create_default_context().wrap_socket(line, server_hostname=where.host)
    speaking = http.client.HTTPConnection(where.host, where.port, timeout=PATIENCE_S)
    speaking.sock = line
    address = urlsplit(request.url)
    path = (address.path or "/") + (f"?{address.query}" if address.query else "")
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "AnSu",
        "Connection": "close",
        "Host": address.netloc,
        **request.headers,
    }
    try:
        speaking.request("POST", path, request.body, headers)
        answer = speaking.getresponse()
        said = {name.lower(): value for name, value in answer.getheaders()}
        decided = kind is Kind.WEBHOOK and 200 <= answer.status < 300  # what it says besides may take its time
        return answer_of(kind, answer.status, said, b"" if decided else answer.read(LONGEST_ANSWER))
    finally:
        speaking.close()
