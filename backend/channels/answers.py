"""What the other side said, and what it means for the message and for whoever set the channel up. Pure.

Codes of 企业微信 (全局错误码, 45009 and 93000), 钉钉 (自定义机器人: one code, 310000, for signature, keyword and
address) and 飞书 (自定义机器人使用指南: 19001, 19021, 19022, 19024, 11232). All three answer refusals with HTTP 200.
"""

import enum
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from backend.channels.kinds import Kind

LONGEST_DETAIL = 200
_LIMITED_S, _LONGEST_WAIT_S = 60.0, 3600.0


class Outcome(enum.Enum):
    """What follows from an answer."""

    TAKEN = enum.auto()
    LIMITED = enum.auto()
    """Too much at once: the same later, no failure."""
    UNREACHED = enum.auto()
    """Not there, or in trouble itself: worth another try."""
    REFUSED = enum.auto()
    """Another try would be refused too, until a person mends it."""
    UNFIT = enum.auto()
    """This message alone was refused."""


class Reason(enum.StrEnum):
    """Why it wasn't taken; ``wording.REASONS`` says what to do."""

    NONE = ""
    WRONG_KEY = "wrong_key"
    WRONG_SIGNATURE = "wrong_signature"
    ADDRESS_NOT_ALLOWED = "address_not_allowed"
    """Our own address isn't on the other side's list."""
    KEYWORD = "keyword"
    GONE = "gone"
    LIMITED = "limited"
    TOO_LONG = "too_long"
    BUSY = "busy"
    UNKNOWN_ANSWER = "unknown_answer"
    OTHER = "other"
    NO_SUCH_HOST = "no_such_host"
    NO_CONNECTION = "no_connection"
    TIMED_OUT = "timed_out"
    UNTRUSTED = "untrusted"
    """Its certificate."""
    FORBIDDEN_ADDRESS = "forbidden_address"
    INSIDE_ADDRESS = "inside_address"
    REDIRECTED = "redirected"
    UNAUTHORIZED = "unauthorized"
    SEALED = "sealed"
    SIGN_IN = "sign_in"
    NO_ENCRYPTION = "no_encryption"
    SENDER = "sender"
    RECIPIENTS = "recipients"
    SOME_RECIPIENTS = "some_recipients"
    TOO_OLD = "too_old"
    REPORT_GONE = "report_gone"


@dataclass(frozen=True)
class Answer:
    """``detail``: the other side's own words. ``after_s``: how long to leave it alone."""

    outcome: Outcome
    reason: Reason = Reason.NONE
    detail: str = ""
    after_s: float = 0.0


TAKEN = Answer(Outcome.TAKEN)


def refused(reason: Reason, detail: str = "") -> Answer:
    """A person must mend it."""
    return Answer(Outcome.REFUSED, reason, detail)


def unreached(reason: Reason, detail: str = "") -> Answer:
    """Worth another try."""
    return Answer(Outcome.UNREACHED, reason, detail)


def answer_of(kind: Kind, status: int, headers: Mapping[str, str], body: bytes) -> Answer:
    """The meaning of an HTTP answer; names of ``headers`` in lower case, ``body`` perhaps cut."""
    if 300 <= status < 400:
        return refused(Reason.REDIRECTED, headers.get("location", "")[:LONGEST_DETAIL])
    if kind is Kind.WEBHOOK:
        return _by_status(status, headers, body)
    said = _json(body)
    code = said.get("errcode", said.get("code", said.get("StatusCode")))
    if not isinstance(code, int) or isinstance(code, bool):
        if status in {200, 201, 204}:  # a proxy's sign-in page answers so too
            return unreached(Reason.UNKNOWN_ANSWER, _words(body))
        return _by_status(status, headers, body)
    words = str(said.get("errmsg") or said.get("msg") or said.get("StatusMessage") or "")
    return _by_code(kind, code, words)


def _by_status(status: int, headers: Mapping[str, str], body: bytes) -> Answer:
    detail = f"HTTP {status} {_words(body)}".strip()[:LONGEST_DETAIL]
    if 200 <= status < 300:
        return TAKEN
    if status == 429:
        return Answer(Outcome.LIMITED, Reason.LIMITED, detail, _after(headers.get("retry-after", "")))
    if status >= 500 or status == 408:
        return unreached(Reason.BUSY, detail)
    if status == 413:
        return Answer(Outcome.UNFIT, Reason.TOO_LONG, detail)
    reasons = {401: Reason.UNAUTHORIZED, 403: Reason.UNAUTHORIZED, 404: Reason.GONE, 410: Reason.GONE}
    return refused(reasons.get(status, Reason.OTHER), detail)


_REASONS = {
    Kind.WECOM: {93000: Reason.WRONG_KEY, 40001: Reason.WRONG_KEY, 93008: Reason.GONE},
    Kind.DINGTALK: {
        300001: Reason.WRONG_KEY,
        300005: Reason.WRONG_KEY,
        400101: Reason.WRONG_KEY,
        40035: Reason.WRONG_KEY,
        400013: Reason.GONE,
        400102: Reason.GONE,
        400106: Reason.GONE,
    },
    Kind.FEISHU: {
        19001: Reason.WRONG_KEY,
        19021: Reason.WRONG_SIGNATURE,
        19022: Reason.ADDRESS_NOT_ALLOWED,
        19024: Reason.KEYWORD,
    },
}
_LIMITS = {Kind.WECOM: {45009, 45033}, Kind.DINGTALK: {130101, 410100, 90018}, Kind.FEISHU: {11232}}
_BUSY = -1
_SAID = (
    (("too fast", "freq", "too many request", "rate limit"), Reason.LIMITED),
    (("max length", "too long", "too large"), Reason.TOO_LONG),
    (("keyword", "key words", "关键词"), Reason.KEYWORD),
    (("whitelist", "not allowed", "白名单"), Reason.ADDRESS_NOT_ALLOWED),
    (("sign", "timestamp", "签名"), Reason.WRONG_SIGNATURE),
)
"""Codes change and one has several meanings: the words decide where the code doesn't."""


def _by_code(kind: Kind, code: int, words: str) -> Answer:
    if code == 0:
        return TAKEN
    detail = f"{code} {words}".strip()[:LONGEST_DETAIL]
    if code == _BUSY:
        return unreached(Reason.BUSY, detail)
    said = next((reason for marks, reason in _SAID if any(mark in words.lower() for mark in marks)), None)
    if code in _LIMITS[kind] or said is Reason.LIMITED:
        return Answer(Outcome.LIMITED, Reason.LIMITED, detail, _LIMITED_S)
    if said is Reason.TOO_LONG:
        return Answer(Outcome.UNFIT, Reason.TOO_LONG, detail)
    return refused(_REASONS[kind].get(code) or said or Reason.OTHER, detail)


def answer_of_reply(code: int, words: bytes | str, reason: Reason) -> Answer:
    """A mail server's reply: 5xx is for good, 4xx for now (RFC 5321, 4.2.1), 552 (too large) of this mail alone."""
    said = words.decode(errors="replace") if isinstance(words, bytes) else words
    detail = f"{code} {said}"
    if code == 552:
        return Answer(Outcome.UNFIT, Reason.TOO_LONG, detail)
    if code < 500:
        return unreached(Reason.BUSY, detail)
    return refused(reason, detail)


def _after(word: str) -> float:
    """``Retry-After`` in seconds, within an hour; a date or nothing counts as a minute."""
    return min(max(float(word), 1.0), _LONGEST_WAIT_S) if word.isascii() and word.isdigit() else _LIMITED_S


def _json(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _words(body: bytes) -> str:
    return plain(body.decode(errors="replace"))


def plain(words: str, *secrets: str) -> str:
    """``words`` of somebody else on one line, not long, with ``secrets`` struck out."""
    for secret in secrets:
        if secret:
            words = words.replace(secret, "***")
    line = "".join(letter if letter.isprintable() else " " for letter in words)
    return " ".join(line.split())[:LONGEST_DETAIL]
