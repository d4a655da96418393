"""From any pack to the first check-in: the setup starts each of its rounds, it waits for somebody, it can be done."""

import io
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import select
from sqlmodel import col

from backend.checkins.checklists import Answer, Question, loaded
from backend.checkins.commands import Look, check_in_visit
from backend.checkins.judging import ItemKind
from backend.checkins.models import CheckInAnswer, Checklist, InspectionPlan, InspectionVisit
from backend.checkins.queries import due_visits
from backend.core import files
from backend.core.database import Database
from backend.core.pictures import Picture
from backend.core.settings import Settings
from backend.identity.models import Role
from backend.starter.setup.commands import start_round
from backend.starter.setup.queries import first_stop, plan_choices
from backend.starter.trades.installing import install_trade
from backend.starter.trades.pack import trade_packs
from backend.starter.trades.wish import Wish
from tests.factories import actor_for, make_person, make_site

CODES = [pack.code for pack in trade_packs()]


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    one = Database(database_url, pool_size=2)
    yield one
    await one.close()


def well(question: Question) -> Answer:
    """What who finds everything in order answers."""
    if question.kind is ItemKind.READING:
        limits = [one for one in (question.low, question.high) if one is not None] or [1.0]
        return Answer(f"{sum(limits) / len(limits):g}")
    if question.kind is ItemKind.CHOICE:
        return Answer(next(one for one in question.choices if one not in question.failing))
    if question.kind is ItemKind.PHOTO:
        drawn = io.BytesIO()
        Image.new("RGB", (8, 8)).save(drawn, "WEBP")
        return Answer(pictures=[Picture(drawn.getvalue(), drawn.getvalue(), 8, 8)])
    return Answer("yes" if question.kind is ItemKind.YES_NO else "没有异常")


@pytest.mark.parametrize("code", CODES)
async def test_each_round_of_a_pack_is_started_waits_for_its_holder_and_is_done(
    database: Database, code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "settings", lambda: Settings(data_dir=tmp_path))
    pack = next(one for one in trade_packs() if one.code == code)
    async with database.session() as session:
        site = await make_site(session)
        admin = await actor_for(session, await make_person(session, site, role=Role.ADMIN))
        worker = await make_person(session, site, role=Role.WORKER)
        await install_trade(session, admin, pack, Wish.usual(pack))
        choices = await plan_choices(session, admin)
        assert len(choices) == len(pack.rounds) and not any(one.active for one in choices)
        for one in choices:
            await start_round(session, admin, one.id, worker.id)
        first = await first_stop(session, admin)
        assert first, "the setup has a place to show the label of"
        who = await actor_for(session, worker)
        waiting = {visit.plan_id: visit for visit in await due_visits(session, who, most=1000)}
        assert set(waiting) == {one.id for one in choices}, "somebody can begin each of them at once"
        for visit in waiting.values():
            asked = await session.scalar(
                select(col(Checklist.items))
                .join(InspectionPlan, col(InspectionPlan.checklist_id) == col(Checklist.id))
                .where(col(InspectionPlan.id) == visit.plan_id)
            )
            answers = {place: well(question) for place, question in enumerate(loaded(asked or ()))}
            done = await check_in_visit(session, who, visit.id, Look(answers))
            verdicts = await session.scalars(
                select(col(CheckInAnswer.verdict)).where(col(CheckInAnswer.check_in_id) == done.id)
            )
            assert set(verdicts) == {"well"}
            assert (await session.get_one(InspectionVisit, visit.id)).state == "done"
