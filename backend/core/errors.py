"""Errors that a person can read: a message key (the Chinese text), values, and what to do next.

Commands raise them; one handler in ``backend.app`` turns them into a page fragment, a JSON problem
(RFC 9457) or a log line. The message is translated there, into the language of who asked.
"""

from collections.abc import Mapping
from typing import Any


def N_(message: str) -> str:  # noqa: N802 - the customary marker for texts that are translated later
    """Mark ``message`` for extraction; it is translated when shown."""
    return message


class DomainError(Exception):
    """Something a person asked for can't be done, and why.

    ``message`` and ``advice`` are msgids (Chinese); ``values`` fill their ``%(name)s`` placeholders;
    ``fields`` maps a form field to its own msgid.
    """

    status = 400

    def __init__(
        self,
        message: str,
        *,
        advice: str = "",
        fields: Mapping[str, str] | None = None,
        **values: Any,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.advice = advice
        self.fields = dict(fields or {})
        self.values = values


class NotFound(DomainError):
    """The thing doesn't exist, or not for who asks: both answer alike."""

    status = 404

    def __init__(self, message: str = N_("没有找到，或您无权查看"), **values: Any) -> None:
        super().__init__(message, **values)


class Forbidden(DomainError):
    """The thing may be seen, but this may not be done with it by this person."""

    status = 403

    def __init__(self, message: str = N_("您的角色不能进行此操作"), **values: Any) -> None:
        super().__init__(message, **values)


class Unauthenticated(DomainError):
    """Nobody is signed in."""

    status = 401

    def __init__(self) -> None:
        super().__init__(N_("请先登录"))


class PasswordExpired(Forbidden):
    """Signed in, but with a password that must be changed before anything else."""

    def __init__(self) -> None:
        super().__init__(N_("请先修改初始密码"))


class Conflict(DomainError):
    """The thing has changed meanwhile, or its state doesn't allow this."""

    status = 409


class Invalid(DomainError):
    """What was typed can't be accepted; ``fields`` says where and why."""

    status = 422

    def __init__(self, message: str = N_("请检查标出的内容"), **values: Any) -> None:
        super().__init__(message, **values)


class TooMany(DomainError):
    """Too many tries; wait."""

    status = 429


class TooLarge(DomainError):
    """What was sent is larger than allowed."""

    status = 413
