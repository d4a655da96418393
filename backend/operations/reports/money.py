"""The money of decisions in a safety report: what was adopted in the period and what was paid, planned beside spent."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.core import phrases
from backend.core.errors import N_
from backend.identity.permissions import system_query
from backend.incidents.review.blocks import Block, Reader, Said, Section, Table

MOST = 20

_MONEY = """
SELECT s.id, s.words AS zh, COALESCE(NULLIF(s.words_en, ''), s.words) AS en, c.money::float8 AS planned,
    c.spent::float8 AS spent, p.name AS by, count(*) OVER () AS of,
    COALESCE(sum(c.money) OVER (), 0)::float8 AS planned_all, COALESCE(sum(c.spent) OVER (), 0)::float8 AS spent_all
FROM suggestion_cost c JOIN lesson_suggestion s ON s.id = c.suggestion_id LEFT JOIN person p ON p.id = c.spent_by
WHERE c.site_id = :site AND s.state IN ('adopted', 'adapted') AND (
    (s.decided_at >= :since AND s.decided_at < :until) OR (c.spent_at >= :since AND c.spent_at < :until))
ORDER BY GREATEST(COALESCE(c.spent, 0), COALESCE(c.money, 0)) DESC, s.id LIMIT :most
"""


@system_query("the worker writes the reports of every site")
async def money_of(session: AsyncSession, values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Decisions of the period that cost something, the dearest first; each row says the sums of all."""
    rows = (await session.execute(text(_MONEY), {**values, "most": MOST})).mappings()
    return [dict(row) for row in rows]


def tell_money(content: Mapping[str, Any], reader: Reader) -> list[Section]:
    """The section, where there was any money; reports written before it was followed have none."""
    rows = content.get("money") or []
    if not rows:
        return []
    heads = [reader.say(words) for words in (N_("决定"), N_("计划"), N_("实际"), N_("登记人"))]
    cells = [
        [
            Said(reader.name({"zh": one["zh"], "en": one["en"]}), own=True, url=f"/lessons/suggestions/{one['id']}"),
            Said(_yuan(one["planned"], reader)),
            Said(_yuan(one["spent"], reader)),
            Said(one["by"] or "—", own=True),
        ]
        for one in rows
    ]
    sums = N_("%(n)s 项决定，计划 %(planned)s，实际已花 %(spent)s")
    first = rows[0]
    planned, spent = (_yuan(first[name], reader) for name in ("planned_all", "spent_all"))
    blocks: list[Block] = [Said(reader.say(sums, n=first["of"], planned=planned, spent=spent)), Table(heads, cells)]
    return [Section("money", reader.say(N_("决策的费用")), blocks)]


def _yuan(value: float | None, reader: Reader) -> str:
    return "—" if value is None else reader.say(N_("%(n)s 元"), n=phrases.number(value, 2))
