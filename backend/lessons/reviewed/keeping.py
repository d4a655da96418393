"""Keeps what an incident's review asks for: what is new is suggested, what is known gains evidence. Worker role.

The same suggestion of two incidents is one, with the records of both. Adopted, it stays so, and its effect tells the
rest. Declined, it stays so until ``ASKS_AGAIN`` further incidents speak for it. What a later version of the report no
longer asks for goes, unless somebody decided it or another incident asks for it too.
"""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.clock import now
from backend.identity.permissions import system_query
from backend.lessons.models import YEAR_DAYS, Suggestion, SuggestionSource, SuggestionState
from backend.lessons.reviewed.rules import Wish

ASKS_AGAIN = 2
MOST_REFS = 200
YEAR = timedelta(days=YEAR_DAYS)
_UNDECIDED = (SuggestionState.OPEN, SuggestionState.WITHDRAWN)


@system_query("the worker suggests at every site")
async def keep(session: AsyncSession, site_id: int, incident_id: int, wishes: Sequence[Wish]) -> int:
    """Keep ``wishes``, in the order of their keys; gives how many wait for a decision that didn't before."""
    opened, kept = 0, []
    for wish in wishes:
        one, was = await _of_key(session, site_id, wish)
        kept.append(one.id)
        await _add_source(session, one, incident_id, wish)
        await _gather(session, one, wish)
        opened += one.state == SuggestionState.OPEN != was
    await _withdraw(session, site_id, incident_id, kept)
    return opened


@system_query("the worker suggests at every site")
async def _of_key(session: AsyncSession, site_id: int, wish: Wish) -> tuple[Suggestion, str]:
    """The suggestion of this key, locked, and its state before; made where there was none."""
    values = {
        "site_id": site_id,
        "key": wish.key,
        "kind": wish.kind,
        "state": SuggestionState.WITHDRAWN,
        "equipment_id": wish.equipment_id,
        "rule_id": wish.rule_id,
        "words": wish.words,
        "words_en": wish.words_en,
        "proposal": dict(wish.proposal),
        "watch": dict(wish.watch),
        "refs": [],
        "per_90_days": 0.0,
        "reason": "",
        "landed_kind": "",
        "effect": [],
    }
    await session.execute(insert(Suggestion).values(**values).on_conflict_do_nothing(index_elements=["site_id", "key"]))
    wanted = select(Suggestion).where(col(Suggestion.site_id) == site_id, col(Suggestion.key) == wish.key)
    one = (await session.scalars(wanted.with_for_update().execution_options(populate_existing=True))).one()
    return one, one.state


@system_query("the worker suggests at every site")
async def _add_source(session: AsyncSession, one: Suggestion, incident_id: int, wish: Wish) -> None:
    values = {
        "site_id": one.site_id,
        "suggestion_id": one.id,
        "incident_id": incident_id,
        "refs": list(wish.refs),
        "made_at": now(),
    }
    await session.execute(
        insert(SuggestionSource)
        .values(**values)
        .on_conflict_do_update(index_elements=["suggestion_id", "incident_id"], set_={"refs": values["refs"]})
    )


@system_query("the worker suggests at every site")
async def _gather(session: AsyncSession, one: Suggestion, wish: Wish) -> None:
    """Bring the suggestion to what all its incidents say together."""
    sources = await _sources(session, one)
    one.refs = list(dict.fromkeys(ref for source in sources for ref in source.refs))[:MOST_REFS]
    lately = sum(source.made_at > now() - YEAR for source in sources)
    one.per_90_days = lately / YEAR_DAYS * 90 if wish.watch else 0.0
    if one.state == SuggestionState.DECLINED and one.decided_at is not None:
        further = sum(source.made_at > one.decided_at for source in sources)
        if further >= ASKS_AGAIN:
            one.state, one.asked_again_at = SuggestionState.OPEN, now()
    if one.state in _UNDECIDED:
        one.state = SuggestionState.OPEN
        one.words, one.words_en = wish.words, wish.words_en
        one.proposal, one.watch = dict(wish.proposal), dict(wish.watch)
    session.add(one)
    await session.flush()


@system_query("the worker suggests at every site")
async def _withdraw(session: AsyncSession, site_id: int, incident_id: int, kept: Sequence[int]) -> None:
    """Take this incident from undecided suggestions that it no longer asks for; without any they are withdrawn."""
    wanted = (
        select(Suggestion)
        .join(SuggestionSource, col(SuggestionSource.suggestion_id) == col(Suggestion.id))
        .where(
            col(Suggestion.site_id) == site_id,
            col(SuggestionSource.incident_id) == incident_id,
            col(Suggestion.id).not_in(kept),
            col(Suggestion.state) == SuggestionState.OPEN,
        )
        .order_by(col(Suggestion.key))
        .with_for_update(of=Suggestion)
    )
    for one in (await session.scalars(wanted)).all():
        await session.execute(
            delete(SuggestionSource).where(
                col(SuggestionSource.suggestion_id) == one.id, col(SuggestionSource.incident_id) == incident_id
            )
        )
        left = await _sources(session, one)
        one.refs = list(dict.fromkeys(ref for source in left for ref in source.refs))[:MOST_REFS]
        if not left:
            one.state = SuggestionState.WITHDRAWN if one.decided_at is None else SuggestionState.DECLINED
        session.add(one)
    await session.flush()


@system_query("the worker suggests at every site")
async def _sources(session: AsyncSession, one: Suggestion) -> Sequence[SuggestionSource]:
    """The newest first."""
    wanted = select(SuggestionSource).where(col(SuggestionSource.suggestion_id) == one.id)
    return (await session.scalars(wanted.order_by(col(SuggestionSource.id).desc()))).all()
