"""What a decision would do to the indicators, by their own formulas: tried in a savepoint and rolled back."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.clock import now
from backend.governance.cleaning.applying import apply
from backend.governance.cleaning.models import CaseState, CleaningCase, Subject
from backend.identity.actor import Actor
from backend.identity.permissions import system_query, visible
from backend.operations.indicators.figures import Figure, Sums, figure
from backend.operations.indicators.queries.recounting import sums_now
from backend.operations.indicators.registry import INDICATORS, MEASURES, Kind
from backend.operations.indicators.windows import USUAL_PERIOD, Window, window_of
from backend.telemetry.canary import CANARY_SOURCE
from backend.telemetry.quality.counting import count_again
from backend.telemetry.quality.days import judge_days
from backend.telemetry.quality.models import QualityRound

_TOPICS: Mapping[tuple[str, str], frozenset[str]] = {
    (Subject.VALUES, CaseState.EXCLUDED): frozenset({"alarm", "warning", "source_day"}),
    (Subject.VALUES, CaseState.KEPT): frozenset({"source_day"}),
    (Subject.SOURCE, CaseState.EXCLUDED): frozenset({"source_day"}),
    (Subject.SOURCE, CaseState.KEPT): frozenset({"source_day"}),
    (Subject.REPORTS, CaseState.EXCLUDED): frozenset({"hazard_report"}),
    (Subject.RECTIFICATIONS, CaseState.EXCLUDED): frozenset({"rectification", "entry"}),
    (Subject.CHECKINS, CaseState.EXCLUDED): frozenset({"visit", "entry"}),
}
"""Changes of which tables a decision amounts to; what isn't here changes no figure."""
UNTRAINED = "untrained"


@dataclass(frozen=True)
class Moved:
    """A figure of an indicator before and after. ``measure``: its words; ``main``: it is the indicator's own."""

    indicator: str
    name: str
    measure: str
    main: bool
    before: Figure
    after: Figure


@dataclass(frozen=True)
class Effect:
    """What moves within ``window``."""

    window: Window
    moved: Sequence[Moved]


async def effect_of(
    session: AsyncSession,
    actor: Actor,
    cases: Sequence[CleaningCase],
    state: CaseState,
    kept_id: int | None = None,
) -> Effect:
    """Which figures ``state`` for all of ``cases`` would move, and how far. Nothing of it stays."""
    window = window_of(USUAL_PERIOD, now().astimezone(actor.zone).date())
    topics = frozenset[str]().union(*(_TOPICS.get((case.subject, state), frozenset()) for case in cases))
    measures = [code for code, measure in MEASURES.items() if measure.topics.keys() & topics]
    if not measures:
        return Effect(window, [])
    ids = [case.id for case in cases]
    trial = await session.begin_nested()
    try:
        before, after = await _tried(session, actor, cases, state, kept_id, measures, window)
    finally:
        await trial.rollback()
    # What a savepoint touched is unknown to the session afterwards: the page reads it again.
    await session.execute(
        select(CleaningCase)
        .where(visible(actor, CleaningCase), col(CleaningCase.id).in_(ids))
        .execution_options(populate_existing=True)
    )
    return Effect(window, _moves(before, after))


async def _tried(
    session: AsyncSession,
    actor: Actor,
    cases: Sequence[CleaningCase],
    state: CaseState,
    kept_id: int | None,
    measures: Collection[str],
    window: Window,
) -> tuple[Mapping[str, Sums], Mapping[str, Sums]]:
    as_of = now()
    await _settle(session, actor)
    before = await sums_now(session, actor, measures, window, as_of)
    for case in cases:
        await apply(session, actor, case, state, kept_id)
    await _settle(session, actor)
    return before, await sums_now(session, actor, measures, window, as_of)


@system_query("the hours of the actor's own site are counted as the worker would, within a trial")
async def _settle(session: AsyncSession, actor: Actor) -> None:
    """Bring hours and days of sources to what was decided by now. The round's lock keeps it and the worker apart."""
    row = await session.scalar(select(QualityRound).where(col(QualityRound.site_id) == actor.site_id).with_for_update())
    if row is None or row.begins is None or row.until is None:
        return
    days = await count_again(session, actor.site_id, actor.zone, row.begins, row.until)
    await judge_days(session, actor.site_id, actor.zone, days, row.until, CANARY_SOURCE)


def _moves(before: Mapping[str, Sums], after: Mapping[str, Sums]) -> list[Moved]:
    found = []
    for indicator in INDICATORS.values():
        for code in (indicator.measure, *indicator.beside):
            if code not in before or code == UNTRAINED:
                continue
            was, will = _figure(code, before), _figure(code, after)
            if was != will:
                found.append(
                    Moved(
                        indicator.code,
                        indicator.name,
                        MEASURES[code].words,
                        code == indicator.measure,
                        was,
                        will,
                    )
                )
    return found


def _figure(code: str, sums: Mapping[str, Sums]) -> Figure:
    kind = MEASURES[code].kind
    return figure(kind, sums[code], sums.get(UNTRAINED) if kind == Kind.EFFECT else None)
