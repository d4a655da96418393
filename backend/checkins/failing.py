"""Hands failed items of a check-in on to hazards, each with everything that was found."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from backend.checkins.checklists import Finding
from backend.checkins.judging import ItemKind
from backend.checkins.models import CheckIn
from backend.core.pictures import Picture
from backend.identity.actor import Actor


@dataclass(frozen=True)
class Draft:
    """A hazard report as ``hazards.reports`` takes it (its ``ReportDraft``)."""

    title: str
    details: str
    factor: str
    level: str
    equipment_id: int | None
    area_id: int | None
    origin: str
    origin_id: int | None
    captured_at: datetime | None
    pictures: Sequence[Picture]
    idempotency_key: str = ""


class ReportHazard(Protocol):
    """Makes a hazard report in the caller's transaction; what it gives has an ``id``."""

    async def __call__(self, session: AsyncSession, actor: Actor, draft: Any) -> Any:
        """Report it."""
        ...


REPORT_HAZARD: ReportHazard | None = None
"""``backend.hazards.reports.commands.report_hazard``, where hazards can be reported."""


async def hand_on(session: AsyncSession, actor: Actor, checked: CheckIn, finding: Finding) -> int | None:
    """Report the failed item as a hazard; gives the report's id, or None where hazards can't be reported."""
    if REPORT_HAZARD is None:
        return None
    report = await REPORT_HAZARD(session, actor, draft_of(checked, finding))
    return int(report.id)


def draft_of(checked: CheckIn, finding: Finding) -> Draft:
    """The item's words, what was answered and written, its photos, place and moment."""
    return Draft(
        title=finding.question.title,
        details=" ".join(part for part in (_said(finding), finding.answer.note) if part),
        factor="object",
        level="",
        equipment_id=checked.equipment_id,
        area_id=checked.area_id,
        origin="checkin",
        origin_id=checked.id,
        captured_at=checked.at,
        pictures=finding.answer.pictures,
    )


def _said(finding: Finding) -> str:
    """The answer as it can be read without its checklist: a reading with its unit and limits, a choice."""
    question, answer = finding.question, finding.answer.answer
    if question.kind is ItemKind.READING:
        limits = "~".join("" if limit is None else f"{limit:g}" for limit in (question.low, question.high))
        return f"{answer} {question.unit}".strip() + f" ({limits})"
    return answer if question.kind is ItemKind.CHOICE else ""
