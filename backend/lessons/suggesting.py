"""Keeps what a round of patterns asks for as suggestions. The worker calls it; the same is never suggested twice."""

from collections import Counter
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.identity.permissions import system_query
from backend.lessons.gathering import History
from backend.lessons.models import LessonPattern, PatternKind, Suggestion, SuggestionKind
from backend.lessons.proposing import longer_delay, of_pattern
from backend.lessons.upkeep import Hit, of_upkeep

DAY_S = 86_400.0


@system_query("the worker suggests at every site")
async def suggest(session: AsyncSession, site_id: int, history: History) -> int:
    """Suggest what is new; gives how many."""
    wanted = select(LessonPattern).where(col(LessonPattern.site_id) == site_id, col(LessonPattern.current))
    patterns = (await session.scalars(wanted.order_by(col(LessonPattern.p)))).all()
    hits = [_hit(pattern, history) for pattern in patterns]
    rows = [row for pattern in patterns if (row := _of_pattern(pattern, history))] + _of_rules(history)
    rows += await of_upkeep(session, site_id, history, [hit for hit in hits if hit])
    made = 0
    for row in rows:
        values = {"site_id": site_id, "state": "open", "reason": "", "landed_kind": "", "effect": [], **row}
        kept = await session.execute(
            insert(Suggestion)
            .values(**values)
            .on_conflict_do_nothing(index_elements=["site_id", "key"])
            .returning(col(Suggestion.id))
        )
        made += kept.first() is not None
    return made


def _of_pattern(pattern: LessonPattern, history: History) -> dict[str, Any] | None:
    equipment_id = _place(pattern, history)
    proposal = of_pattern(pattern.kind, pattern.values, placed=equipment_id is not None)
    if proposal is None:
        return None
    return {
        "key": f"{proposal.kind}:{pattern.key}",
        "kind": proposal.kind,
        "pattern_id": pattern.id,
        "equipment_id": equipment_id,
        "rule_id": None,
        "words": proposal.words,
        "words_en": proposal.words_en,
        "proposal": dict(proposal.proposal),
        "watch": dict(proposal.watch) or ({"equipment": str(equipment_id)} if equipment_id else {}),
        "refs": pattern.refs,
        "per_90_days": _per_90_days(pattern, history),
    }


def _place(pattern: LessonPattern, history: History) -> int | None:
    """The equipment that most of its records are at; of a chain where it ends."""
    if pattern.kind == PatternKind.CHAIN:
        return int(pattern.values[1].value)
    places = {record.ref: record.equipment_id for record in history.records}
    counted = Counter(place for ref in pattern.refs if (place := places.get(ref)) is not None)
    return counted.most_common(1)[0][0] if counted else None


def _per_90_days(pattern: LessonPattern, history: History) -> float:
    """How much more often than by chance, in 90 days."""
    moments = [record.at.timestamp() for record in history.records]
    days = max((max(moments) - min(moments)) / DAY_S, 1.0) if moments else 1.0
    return (pattern.times - pattern.expected) / days * 90


def _hit(pattern: LessonPattern, history: History) -> Hit | None:
    equipment_id = _place(pattern, history)
    return Hit(pattern, equipment_id, _per_90_days(pattern, history)) if equipment_id is not None else None


def _of_rules(history: History) -> list[dict[str, Any]]:
    rows = []
    for one in history.judged:
        proposal = longer_delay(one.on_delay_s, one.false, one.true)
        if proposal:
            seconds = f"{proposal['on_delay_s']:g}"
            rows.append(
                {
                    "key": f"{SuggestionKind.RULE_DELAY}:{one.rule_id}:{seconds}",
                    "kind": SuggestionKind.RULE_DELAY,
                    "pattern_id": None,
                    "equipment_id": None,
                    "rule_id": one.rule_id,
                    "words": f"{one.name}：触发延时改为 {seconds} 秒",
                    "words_en": f"{one.name_en or one.name}: raise only after {seconds} s",
                    "proposal": proposal,
                    "watch": {"rule": str(one.rule_id)},
                    "refs": one.refs[:200],
                    "per_90_days": proposal["spares"] / 182 * 90,
                }
            )
    return rows
