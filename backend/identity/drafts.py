"""What an administrator fills in about a person, checked before anything is asked of the database. Pure."""

import re
from dataclasses import dataclass, replace

from backend.core.errors import N_, Invalid
from backend.identity.models import Role

_ACCOUNT = re.compile(r"[a-z0-9][a-z0-9._-]{2,31}")
_PHONE = re.compile(r"\+?[0-9][0-9 -]{4,18}")
MAX_NAME = 40


@dataclass(frozen=True)
class PersonDraft:
    """A person as typed. ``account`` counts only for a new one: it never changes."""

    name: str
    role: str = Role.WORKER
    account: str = ""
    name_en: str = ""
    phone: str = ""
    team_id: int | None = None
    post_ids: frozenset[int] = frozenset()

    def checked(self, *, new: bool = False) -> "PersonDraft":
        """The same, tidied. Raises Invalid naming every wrong field."""
        draft = replace(
            self,
            name=_tidy(self.name),
            name_en=_tidy(self.name_en),
            phone=_tidy(self.phone),
            account=self.account.strip().lower(),
        )
        wrong = draft._wrong(new)
        if wrong:
            raise Invalid(fields=wrong)
        return draft

    def _wrong(self, new: bool) -> dict[str, str]:
        wrong: dict[str, str] = {}
        if not self.name:
            wrong["name"] = N_("请填写姓名")
        for field in ("name", "name_en"):
            if len(getattr(self, field)) > MAX_NAME:
                wrong[field] = N_("最多 40 个字")
        if self.role not in set(Role):
            wrong["role"] = N_("请选择角色")
        if self.phone and not _PHONE.fullmatch(self.phone):
            wrong["phone"] = N_("电话只能含数字、空格和短横线")
        if new and not _ACCOUNT.fullmatch(self.account):
            wrong["account"] = N_("账号须为 3 到 32 位小写字母、数字或 . _ -")
        return wrong


def _tidy(typed: str) -> str:
    """Without control characters, and with single spaces."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in typed).split())
