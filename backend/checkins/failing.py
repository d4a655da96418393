"""Hands failed items of a check-in on to hazards, each with everything that was found."""

from sqlalchemy.ext.asyncio import AsyncSession

from backend.checkins.checklists import Finding
from backend.checkins.judging import ItemKind
from backend.checkins.models import CheckIn
from backend.hazards.reports.commands import report_hazard
from backend.hazards.reports.draft import MOST_LETTERS, ReportDraft
from backend.hazards.reports.models import Factor, Origin
from backend.identity.actor import Actor


async def hand_on(session: AsyncSession, actor: Actor, checked: CheckIn, finding: Finding) -> int:
    """Report the failed item as a hazard, in the same transaction; gives the report's id."""
    return (await report_hazard(session, actor, draft_of(checked, finding))).id


def draft_of(checked: CheckIn, finding: Finding) -> ReportDraft:
    """The item's words, what was answered and written, its photos, place and moment; the level is suggested there."""
    return ReportDraft(
        title=finding.question.title[: MOST_LETTERS["title"]],
        details=" ".join(part for part in (_said(finding), finding.answer.note) if part)[: MOST_LETTERS["details"]],
        factor=Factor.OBJECT,
        equipment_id=checked.equipment_id,
        area_id=checked.area_id,
        origin=Origin.CHECKIN,
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
