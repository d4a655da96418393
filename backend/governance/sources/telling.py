"""Tells owners once a day which of their sources fell below what is wanted. Worker role."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.clock import now
from backend.core.errors import N_
from backend.core.events import record_event
from backend.core.i18n import translate
from backend.governance.sources.people import NAMES
from backend.identity.capabilities import CAPABILITIES
from backend.identity.permissions import system_query

FROM_HOUR = 7
"""Nobody is told of yesterday's data before seven in the morning."""
_ONE = N_("数据源 %(code)s 昨天得分 %(score)s%%，低于目标 %(target)s%%")
_MANY = N_("%(n)s 个数据源昨天低于目标")

_FELL = """
SELECT d.id, d.site_id, d.family, d.code, d.score, d.target, n.owner_id, n.owner_post_id
FROM source_day d JOIN site s ON s.id = d.site_id
JOIN LATERAL (
    SELECT owner_id, owner_post_id FROM source_norm n WHERE n.site_id = d.site_id AND n.family = d.family
    AND n.code = d.code ORDER BY n.version DESC LIMIT 1
) n ON n.owner_id IS NOT NULL OR n.owner_post_id IS NOT NULL
WHERE d.told_at IS NULL AND d.score < d.target
    AND d.day = (CAST(:now AS timestamptz) AT TIME ZONE s.time_zone)::date - 1
    AND extract(hour FROM CAST(:now AS timestamptz) AT TIME ZONE s.time_zone) >= :hour
ORDER BY d.site_id, d.score, d.id FOR UPDATE OF d SKIP LOCKED
"""
_HOLDERS = """
SELECT DISTINCT p.id, h.post_id FROM person p
LEFT JOIN post_holder h ON h.person_id = p.id AND h.until IS NULL AND h.post_id = ANY(:posts)
WHERE p.active AND p.role = ANY(:roles) AND (h.post_id IS NOT NULL OR p.id = ANY(:people))
"""


@system_query("owners are told on every site")
async def tell_owners(session: AsyncSession) -> int:
    """Record one event an owner and day that names the worst of their sources; gives how many were recorded.

    What was told is kept with the day in the same transaction. An owner who may not see data, or a post that nobody
    holds, is passed by; the list still shows the source.
    """
    rows = (await session.execute(text(_FELL), {"now": now(), "hour": FROM_HOUR})).mappings().all()
    if not rows:
        return 0
    roles = [str(role) for role in CAPABILITIES["data.see"]]
    posts = [row["owner_post_id"] for row in rows if row["owner_post_id"]]
    people = [row["owner_id"] for row in rows if row["owner_id"]]
    held = (await session.execute(text(_HOLDERS), {"posts": posts, "people": people, "roles": roles})).all()
    of_owner: dict[int, list[Any]] = {}
    for row in rows:
        owners = {
            person for person, post in held if person == row["owner_id"] or (post and post == row["owner_post_id"])
        }
        for owner in owners:
            of_owner.setdefault(owner, []).append(row)
    for owner, theirs in of_owner.items():
        await _tell(session, owner, theirs)
    await session.execute(
        text("UPDATE source_day SET told_at = :now WHERE id = ANY(:ids)"),
        {"now": now(), "ids": [row["id"] for row in rows]},
    )
    return len(of_owner)


async def _tell(session: AsyncSession, owner: int, theirs: Sequence[Mapping[str, Any]]) -> None:
    worst = theirs[0]
    several = len(theirs) > 1
    await record_event(
        session,
        site_id=worst["site_id"],
        kind="source_day.short",
        subject="source_day",
        subject_id=worst["id"],
        data={
            "title_zh": _title("zh_CN", theirs),
            "title_en": _title("en", theirs),
            "url": "/data-sources" if several else f"/data-sources/days/{worst['id']}",
            "told": [owner],
        },
    )


def _title(locale: str, theirs: Sequence[Mapping[str, Any]]) -> str:
    if len(theirs) > 1:
        return translate(locale, _MANY, n=len(theirs))
    [one] = theirs
    name = translate(locale, NAMES[one["code"]]) if one["family"] == "people" else one["code"]
    score, target = (f"{one[key] * 100:.0f}" for key in ("score", "target"))
    return translate(locale, _ONE, code=name, score=score, target=target)
