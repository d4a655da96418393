"""The cause library at work: one ranked list with its records, a question to the post, an answer that ranks anew."""

import msgspec
import pytest
from sqlalchemy import select
from sqlmodel import col

from backend.core.database import Database
from backend.core.errors import Conflict, Forbidden, Invalid, NotFound
from backend.core.events import Event
from backend.identity.models import AuditEntry, Role
from backend.tracing.checks.answering import Answer, answer_question
from backend.tracing.checks.wanting import questions_of
from backend.tracing.library.catalogue import LibraryError, base_library, edited, edits_from, in_force
from backend.tracing.library.quantities import quantity_of
from backend.tracing.models import Trace, TraceCheck
from backend.tracing.records import records_about
from tests.tracing.conftest import Troubled, made_trace


async def answered(
    database: Database, found: Troubled, trace: Trace, question: str, said: Answer, role: Role = Role.WORKER
) -> TraceCheck:
    async with database.session(site_id=found.site.id) as session:
        return await answer_question(session, found.actors[role], trace.id, question, said)


async def now_stored(database: Database, trace: Trace) -> Trace:
    async with database.session() as session:
        return await session.get_one(Trace, trace.id)


def test_physical_human_and_management_causes_stand_in_one_list_and_cite_what_they_rest_on(
    neglected: tuple[Troubled, Trace],
) -> None:
    found, trace = neglected
    fused = trace.result["fused"]
    feed = found.equipment["FEED_A"]
    causes = [one for one in fused if not one["contributes"]]
    assert sum(one["probability"] for one in causes) == pytest.approx(1.0, abs=0.01)
    assert causes[-1]["key"] == "rest"
    assert [one["probability"] for one in fused[:-1]] == sorted((o["probability"] for o in fused[:-1]), reverse=True)
    first = causes[0]
    assert (first["equipment_id"], first["library_key"]) == (feed.id, "feed.lost")
    assert {"reading", "link"} <= {cite["kind"] for cite in first["cites"]}
    assert found.point_key("XMEAS_1") in {cite.get("point") for cite in first["cites"]}
    contributing = {one["library_key"]: one for one in fused if one["contributes"]}
    assert {one["kind"] for one in contributing.values()} >= {"management"}
    failed = contributing["factor.measure_failed"]
    assert failed["cites"][0]["record"]["text"] == "进料阀填料渗漏"
    assert 0 < failed["probability"] < 1 and failed["posts"] == [feed.owner_post_id]


async def test_each_duty_that_was_not_done_is_cited_with_its_row(
    neglected: tuple[Troubled, Trace], database: Database
) -> None:
    found, trace = neglected
    kinds = {r["kind"] for r in trace.result["records"] if r["equipment_id"] == found.equipment["FEED_A"].id}
    assert {"missed_checkin", "rectification_late", "measure_failed", "ignored_warning"} <= kinds
    assert "rectification_open" not in kinds
    cooling = found.equipment["REACTOR_CW"].id
    async with database.session() as session:
        rows = await records_about(session, found.site.id, [cooling], found.group_id)
    assert "maintenance_overdue" in {row.kind for row in rows}, "done once, and the next has been due for forty days"


async def test_the_owner_post_is_asked_once_and_its_answer_ranks_anew_at_once(
    database: Database, neglected: tuple[Troubled, Trace]
) -> None:
    found, trace = neglected
    question = questions_of(trace.result["fused"])[0]
    worker = found.actors[Role.WORKER]
    async with database.session() as session:
        asked = (await session.scalars(select(TraceCheck).where(col(TraceCheck.trace_id) == trace.id))).all()
        events = (await session.scalars(select(Event).where(col(Event.kind) == "trace.check_asked",
                                                            col(Event.subject_id) == trace.id))).all()  # fmt: skip
    assert question["key"] in {one.question for one in asked}
    assert [event.data["told"] for event in events] == [[worker.person_id]] * len(asked)
    before = trace.result["fused"]
    row = await answered(
        database, found, trace, question["key"], Answer(answer="no", note=" 总管压力为零 ", idempotency_key="key-1")
    )
    after = (await now_stored(database, trace)).result["fused"]
    assert row.effect and after != before
    cited = [cite for one in after for cite in one["cites"] if cite["kind"] == "answer"]
    assert cited and cited[0]["answer"] is False and cited[0]["by"] == worker.person_id
    assert question["key"] not in {one["key"] for one in questions_of(after)}
    again = await made_trace(database, found)
    assert any(c["kind"] == "answer" for one in again.result["fused"] for c in one["cites"]), "a new revision knows it"
    async with database.session() as session:
        told = (await session.scalars(select(Event).where(col(Event.kind) == "trace.checked",
                                                          col(Event.subject_id) == trace.id))).one()  # fmt: skip
        assert told.story == f"alarm:{found.alarm_id}" and told.data["note"] == "总管压力为零"
        audited = select(AuditEntry).where(col(AuditEntry.action) == "trace.check")
        one = (await session.scalars(audited.where(col(AuditEntry.object_id) == trace.id))).one()
        assert one.change == {question["key"]: [None, "no"]}


async def test_an_answer_sent_twice_counts_once_and_a_second_thought_replaces_it(
    database: Database, neglected: tuple[Troubled, Trace]
) -> None:
    found, trace = neglected
    feed = found.equipment["FEED_A"].id
    key = f"equipment:{feed}?feed.source_pressure"
    first = await answered(database, found, trace, key, Answer(answer="yes", idempotency_key="key-2"))
    repeated = await answered(database, found, trace, key, Answer(answer="yes", idempotency_key="key-2"))
    assert repeated.id == first.id
    with pytest.raises(Conflict):
        await answered(database, found, trace, key, Answer(answer="no", idempotency_key="key-2"))
    lost = _probability((await now_stored(database, trace)).result["fused"], "feed.lost")
    await answered(database, found, trace, key, Answer(answer="no"))
    assert _probability((await now_stored(database, trace)).result["fused"], "feed.lost") > lost
    await answered(database, found, trace, key, Answer(answer="unknown"))
    between = _probability((await now_stored(database, trace)).result["fused"], "feed.lost")
    assert between != pytest.approx(lost, abs=1e-4)


def _probability(fused: list[dict], library_key: str) -> float:  # type: ignore[type-arg]
    return sum(one["probability"] for one in fused if one["library_key"] == library_key)


async def test_a_worker_answers_for_their_own_posts_only_and_nobody_of_another_site(
    database: Database, neglected: tuple[Troubled, Trace]
) -> None:
    found, trace = neglected
    elsewhere = f"equipment:{found.equipment['COMPRESSOR'].id}?generic.as_usual"
    with pytest.raises(Forbidden):
        await answered(database, found, trace, elsewhere, Answer(answer="yes"))
    await answered(database, found, trace, elsewhere, Answer(answer="yes"), Role.LEADER)
    mine = f"equipment:{found.equipment['FEED_A'].id}?"
    for question, given in ((f"{mine}feed.no_such", "yes"), ("nonsense", "yes"), (f"{mine}feed.lab_ok", "perhaps")):
        with pytest.raises(Invalid):
            await answered(database, found, trace, question, Answer(answer=given))
    with pytest.raises(NotFound):
        await answered(database, found, trace, f"equipment:{10**30}?feed.lab_ok", Answer(answer="yes"))
    with pytest.raises(NotFound):
        await answered(database, found, trace, "equipment:999999999?feed.lab_ok", Answer(answer="yes"))


def test_the_library_covers_the_demo_s_equipment_and_says_every_fault_at_once() -> None:
    library = base_library()
    wanted = {"valve", "pump", "compressor", "heat_exchanger", "reactor", "separator", "column", "tank", "conveyor",
              "motor", "instrument", "control_loop", "cooling_water", "feed", "generic"}  # fmt: skip
    assert wanted <= {one.key for one in library.classes}
    assert {m.kind for one in library.classes for m in one.modes} == {"equipment", "environment", "human"}
    broken = msgspec.to_builtins(library.of("pump"))
    broken["modes"][0] |= {"per_year": -1, "title_en": ""}
    broken["modes"][0]["checks"]["no_such"] = 0.5
    broken["includes"] = ["nowhere"]
    with pytest.raises(LibraryError) as refused:
        edited(library, edits_from({"classes": [broken]}))
    assert len(str(refused.value).splitlines()) == 4
    for wrong in ({"classes": [{"key": "x"}]}, {"clases": []}, {"classes": [broken | {"colour": "red"}]}):
        with pytest.raises(LibraryError):
            edits_from(wrong)
    with pytest.raises(LibraryError):
        edited(library, edits_from({"per_year": {"valve.no_such": 1.0}}))
    kept, faults = in_force({"per_year": {"valve.gone_with_an_update": 1.0}})
    assert kept == library and "valve.gone_with_an_update" in faults
    often = edited(library, edits_from({"per_year": {"valve.sticking": 9.0}})).mode("valve.sticking")
    assert often is not None and often[1].per_year == 9.0


@pytest.mark.parametrize(
    ("unit", "name", "manipulated", "quantity"),
    [
        ("°C", "反应器温度", False, "temperature"),
        ("%", "反应器液位", False, "level"),
        ("%", "放空阀位", True, "position"),
        ("kSm³/h", "A 进料", False, "flow"),
        ("mol%", "组分 A", False, "composition"),
        ("", "轴承振动", False, "vibration"),
        ("%", "", False, "other"),
    ],
)
def test_a_point_s_quantity_is_read_from_its_unit_and_else_its_name(
    unit: str, name: str, manipulated: bool, quantity: str
) -> None:
    assert quantity_of(unit, name, "", manipulated) == quantity
