"""Which post of a site a usual plan may mean by its word for a role: proposed when the plan is adapted. Pure."""

from collections.abc import Iterable
from typing import Protocol

from backend.incidents.response.content import Who

_SIGNS: dict[Who, tuple[str, ...]] = {
    Who.ELECTRICIAN: ("电气", "电工", "检修", "维修", "机修", "electric", "maintenance"),
    Who.GUARD: ("门卫", "保安", "警卫", "guard", "security"),
    Who.OFFICER: ("安全", "安环", "safety"),
    Who.MANAGER: ("厂长", "经理", "负责人", "director", "manager"),
    Who.LEADER: ("班长", "班组长", "值班长", "shift leader", "foreman"),
}


class Named(Protocol):
    """What has an id and a name in both languages."""

    id: int
    name: str
    name_en: str


def guess_post(who: Who, posts: Iterable[Named]) -> int | None:
    """The one post whose name says that it is meant; None where none does, or more than one."""
    signs = _SIGNS.get(who, ())
    found = [post.id for post in posts if any(sign in f"{post.name} {post.name_en}".lower() for sign in signs)]
    return found[0] if len(found) == 1 else None
