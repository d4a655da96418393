"""By what the other side knows that a message is ours. Pure."""

import base64
import hashlib
import hmac
from urllib.parse import quote_plus


def dingtalk_signature(timestamp_ms: int, secret: str) -> str:
    """``sign`` of 钉钉 (加签), ready for the address: the secret signs ``timestamp\\nsecret``.

    Source: 钉钉开放平台, 自定义机器人安全设置.
    """
    signed = hmac.digest(secret.encode(), f"{timestamp_ms}\n{secret}".encode(), hashlib.sha256)
    return quote_plus(base64.b64encode(signed))


def feishu_signature(timestamp_s: int, secret: str) -> str:
    """``sign`` of 飞书 (签名校验): ``timestamp\\nsecret`` is the key, and what it signs is empty.

    Source: 飞书开放平台, 自定义机器人使用指南.
    """
    return base64.b64encode(hmac.digest(f"{timestamp_s}\n{secret}".encode(), b"", hashlib.sha256)).decode()


def webhook_signature(timestamp_s: int, body: bytes, secret: str) -> str:
    """``X-AnSu-Signature`` of our own webhook: the secret signs ``timestamp.body`` (docs/channels.en.md)."""
    return "sha256=" + hmac.digest(secret.encode(), f"{timestamp_s}.".encode() + body, hashlib.sha256).hex()
