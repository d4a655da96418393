"""A list of people as it is pasted from a table: a line each, columns by tab or comma. Pure.

Without a line of headings the columns are name, account, role, team, posts, phone; what stands to the right may be left
out. The account may be left out where a phone number stands: its digits are the account then.
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from backend.core.errors import N_, Invalid
from backend.identity.drafts import PersonDraft
from backend.identity.models import Role

MOST_LINES = 200
MOST_LETTERS = 40_000
COLUMNS = ("name", "account", "role", "team", "posts", "phone")
_HEADINGS = {
    "name": ("姓名", "名字", "name"),
    "account": ("账号", "帐号", "account", "工号"),
    "role": ("角色", "role"),
    "team": ("班组", "team"),
    "posts": ("岗位", "post", "posts"),
    "phone": ("电话", "手机", "手机号", "phone"),
}
_ROLES = {
    Role.WORKER: ("", "一线员工", "员工", "工人", "worker"),
    Role.LEADER: ("班组长", "班长", "组长", "leader", "team leader"),
    Role.MANAGER: ("管理人员", "经理", "主任", "manager"),
    Role.SAFETY_OFFICER: ("安全员", "safety officer", "safety_officer"),
    Role.ADMIN: ("系统管理员", "管理员", "admin", "administrator"),
}
_APART = re.compile(r"[、;；/|]")


@dataclass(frozen=True)
class Known:
    """The site's teams and posts: id by each name they go by, in small letters."""

    teams: Mapping[str, int]
    posts: Mapping[str, int]


def read_roster(pasted: str, known: Known) -> list[PersonDraft]:
    """The people of the list, checked. Raises Invalid: ``line_<n>`` (counted from 1) says what is wrong there."""
    if len(pasted) > MOST_LETTERS:
        raise Invalid(fields={"roster": N_("名单太长，请分几次粘贴")})
    lines = [(n, line) for n, line in enumerate(pasted.splitlines(), 1) if line.strip()]
    if not lines:
        raise Invalid(fields={"roster": N_("请粘贴名单，每人一行")})
    columns: Sequence[str] = COLUMNS
    headings = headings_of(_cells(lines[0][1]))
    if headings:
        columns, lines = headings, lines[1:]
    if len(lines) > MOST_LINES:
        raise Invalid(fields={"roster": N_("名单太长，请分几次粘贴")})
    wrong: dict[str, str] = {}
    drafts = []
    for number, line in lines:
        try:
            drafts.append(_draft(dict(zip(columns, _cells(line), strict=False)), known))
        except Invalid as refused:
            wrong[f"line_{number}"] = next(iter(refused.fields.values()))
    twice = {account for account, n in Counter(draft.account for draft in drafts).items() if n > 1}
    if twice and not wrong:
        wrong["roster"] = N_("名单里有两个人用了同一个账号")
    if wrong:
        raise Invalid(fields=wrong)
    return drafts


def _cells(line: str) -> list[str]:
    """A line's cells: apart by tabs if there are any, else by commas of either kind."""
    if "\t" in line:
        return [cell.strip() for cell in line.split("\t")]
    return [cell.strip() for cell in next(csv.reader(io.StringIO(line.replace("，", ","))), [])]


def headings_of(cells: Sequence[str]) -> list[str]:
    """The columns, "" for those that nobody knows, when ``cells`` are headings; else nothing."""
    by_word = {word: column for column, words in _HEADINGS.items() for word in words}
    named = [by_word.get(cell.lower(), "") for cell in cells]
    return named if "name" in named and cells[named.index("name")].lower() in _HEADINGS["name"] else []


def _draft(cells: Mapping[str, str], known: Known) -> PersonDraft:
    phone = cells.get("phone", "")
    account = cells.get("account", "") or re.sub(r"\D", "", phone)
    role = cells.get("role", "").lower()
    team, posts = cells.get("team", ""), [one.strip() for one in _APART.split(cells.get("posts", "")) if one.strip()]
    roles = [one for one, words in _ROLES.items() if role in words]
    if not roles:
        raise Invalid(fields={"role": N_("角色请写：一线员工、班组长、管理人员、安全员或系统管理员")})
    if team and team.lower() not in known.teams:
        raise Invalid(fields={"team_id": N_("没有这个班组")})
    if any(post.lower() not in known.posts for post in posts):
        raise Invalid(fields={"post_ids": N_("没有这个岗位")})
    draft = PersonDraft(
        name=cells.get("name", ""),
        account=account,
        role=roles[0],
        phone=phone,
        team_id=known.teams[team.lower()] if team else None,
        post_ids=frozenset(known.posts[post.lower()] for post in posts),
    )
    return draft.checked(new=True)
