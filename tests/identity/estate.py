"""A site with one of everything that a route can name, so that somebody else can ask for it.

``Estate.ids`` maps a path parameter to such a thing. A route with a parameter that isn't there fails the
authorization test: add a maker here. Everything readable carries ``MARK``, which no page of another site may show.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from backend.alarms.models import Alarm, AlarmGroup
from backend.checkins.models import (
    CheckIn,
    CheckInAnswer,
    CheckInPhoto,
    Checklist,
    InspectionPlan,
    InspectionStop,
    InspectionVisit,
)
from backend.core.clock import now
from backend.core.events import record_event
from backend.delivery.models import PushSubscription
from backend.hazards.models import Photo, Rectification, RectificationEntry
from backend.hazards.reports.models import HazardReport, PublicLink, ReportPhoto
from backend.identity.audit import record_change
from backend.identity.models import Person, Role, Site
from backend.identity.sessions import actor_of, open_session
from backend.labels.codes import token_of
from backend.labels.commands import make_labels
from backend.labels.keys import label_key
from backend.labels.queries import Kind, live_label, things_named
from backend.plant.models import Equipment, Point, PointStatus
from backend.telemetry.models import LearnedNormal, PointState, Rejection, Source
from backend.tracing.library.models import CauseLibrary
from backend.tracing.models import Trace, TraceCheck, TraceCheckPhoto
from backend.tracing.normals.models import NormalWork
from backend.tracing.story import nothing_yet
from backend.tracing.versions.models import TraceCase, TraceModel, TraceReplay
from backend.training.models import (
    CauseRule,
    Course,
    CourseMedia,
    CourseVersion,
    QuizAttempt,
    TrainingAssignment,
)
from tests.channels.marked import make_marked_channel
from tests.factories import (
    actor_for,
    hold_post,
    made,
    make_alarm,
    make_area,
    make_equipment,
    make_person,
    make_point,
    make_post,
    make_rule,
    make_site,
    make_team,
    unique,
)
from tests.feedback.marked import make_marked_feedback
from tests.governance.cleaning.marked import make_marked_cleaning
from tests.governance.retention.marked import make_marked_retention
from tests.identity.lessons import asked_by_incident, lessons_of, safety_report_of
from tests.identity.quality import make_marked_quality
from tests.incidents.marked import make_marked_incident
from tests.incidents.marked_positions import make_marked_positions
from tests.incidents.marked_response import make_marked_response
from tests.maintenance.marked import make_marked_maintenance
from tests.operations.duty.marked import make_marked_duty
from tests.operations.marked_decisions import make_marked_decisions
from tests.operations.marked_load import make_marked_load
from tests.plant.marked import make_marked_plant
from tests.risks.marked import make_marked_risks

MARK = "甲厂机密"


@dataclass
class Estate:
    """A site, a person of each role in one team, and ids by path parameter."""

    site: Site
    people: dict[Role, Person] = field(default_factory=dict)
    ids: dict[str, Any] = field(default_factory=dict)


async def make_estate(session: AsyncSession, *, mark: str = MARK) -> Estate:
    """Make the site with everything in it."""
    site = await make_site(session)
    estate = Estate(site)
    team = await make_team(session, site, name=f"{mark}班", name_en=mark)
    for role in Role:
        estate.people[role] = await make_person(session, site, role, team, name=f"{mark}{role}", name_en=mark)
    post = await make_post(session, site, name=f"{mark}岗", name_en=mark)
    worker = estate.people[Role.WORKER]
    await hold_post(session, post, worker)
    area = await make_area(session, site, team, name=f"{mark}区", name_en=mark)
    equipment = await make_equipment(session, site, area, post, name=f"{mark}设备", name_en=mark)
    point = await make_point(session, site, equipment, name=f"{mark}测点", name_en=mark)
    await made(session, PointState(site_id=site.id, point_id=point.id, at=now(), value=1.0, received_at=now()))
    rule = await make_rule(session, site, point, name=f"{mark}规则", name_en=mark)
    group = await made(session, AlarmGroup(site_id=site.id))
    alarm = await make_alarm(session, site, point, rule, group_id=group.id, title=f"{mark}压力高", title_en=mark)
    estate.ids |= {
        "person_id": worker.id,
        "session_id": (sign_in := await _sign_in(session, worker)),
        "subscription_id": await _woken_phone(session, worker, sign_in, mark),
        "equipment_id": equipment.id,
        "area_id": area.id,
        "label_token": await _label(session, estate, equipment),
        "point_id": point.id,
        "rule_id": rule.id,
        "alarm_id": alarm.id,
        "trace_id": (traced := await _trace(session, group, alarm, point)),
        **await _look(session, estate, traced, point, post.id),
        **await _causes(session, site, mark),
        **await _trace_model(session, site, traced, point, mark),
        **await _normal(session, site, point, mark),
        **await _rectification(session, estate, alarm, mark),
        **await _report(session, estate, alarm, mark),
        **await make_marked_incident(session, estate.people, alarm, mark),
        **await lessons_of(session, estate.site.id, alarm.id, mark),
        **await safety_report_of(session, site.id, mark),
        **await _refused(session, site, mark),
        **await _training(session, worker, mark),
        **await _check_in(session, worker, post.id, equipment.id, mark),
        **await make_marked_duty(session, worker, estate.people[Role.SAFETY_OFFICER], mark),
        **await make_marked_feedback(session, worker, estate.people[Role.MANAGER], mark),
        **await make_marked_maintenance(session, worker, equipment.id, post.id, mark),
        **await make_marked_retention(session, site.id),
        **await make_marked_plant(session, worker, equipment.id, point.id, mark),
        **await make_marked_decisions(session, site.id, mark),
        **await make_marked_channel(session, site.id, mark),
        **await make_marked_load(session, rule, worker.id),
        **await make_marked_quality(session, point, worker.id, mark),
        **await make_marked_risks(session, estate.people[Role.LEADER], area.id, equipment.id, mark),
    }
    leader, report_id = estate.people[Role.LEADER], estate.ids["report_id"]
    estate.ids |= await make_marked_cleaning(session, leader, point, report_id, mark)
    await make_marked_response(session, estate.people, estate.ids, mark)
    await asked_by_incident(session, estate.site.id, estate.ids)
    await make_marked_positions(session, estate.people, estate.ids)
    await _history(session, estate, alarm, mark)
    return estate


async def _label(session: AsyncSession, estate: Estate, equipment: Equipment) -> str:
    actor = await actor_for(session, estate.people[Role.ADMIN])
    await make_labels(session, actor, await things_named(session, actor, [(Kind.EQUIPMENT, equipment.id)]))
    label = await live_label(session, actor, Kind.EQUIPMENT, equipment.id)
    assert label is not None
    return token_of(label.token_name, label_key())


async def _check_in(
    session: AsyncSession, worker: Person, post_id: int, equipment_id: int, mark: str
) -> dict[str, int]:
    site: dict[str, Any] = {"site_id": worker.site_id}
    plan = InspectionPlan(**site, name=f"{mark}计划", name_en=mark, post_id=post_id, rhythm="day", begins_at=now())
    await made(session, plan)
    items = [{"kind": "yes_no", "title": mark, "title_en": mark}]
    plan.checklist_id = (await made(session, Checklist(**site, plan_id=plan.id, items=items))).id
    stop = await made(session, InspectionStop(**site, plan_id=plan.id, equipment_id=equipment_id))
    opens, closes = now() - timedelta(hours=1), now() + timedelta(hours=1)
    visit = InspectionVisit(**site, plan_id=plan.id, stop_id=stop.id, post_id=post_id, opens_at=opens, closes_at=closes)
    await made(session, visit)
    missed = InspectionVisit(
        **site, plan_id=plan.id, stop_id=stop.id, post_id=post_id, opens_at=opens - timedelta(hours=9), closes_at=opens
    )
    missed.state = "missed"
    await made(session, missed)
    one = await made(session, CheckIn(**site, equipment_id=equipment_id, person_id=worker.id, at=now(), note=mark))
    said = CheckInAnswer(**site, check_in_id=one.id, position=0, kind="yes_no", title=mark, verdict="well")
    await made(session, said)
    file = {"sha256": "0" * 64, "path": "none.webp", "thumbnail_path": "none-small.webp"}
    photo = CheckInPhoto(**site, check_in_id=one.id, uploaded_by=worker.id, width=1, height=1, bytes=1, **file)
    await made(session, photo)
    return {"plan_id": plan.id, "visit_id": visit.id, "check_in_id": one.id, "check_in_photo_id": photo.id}


async def _training(session: AsyncSession, worker: Person, mark: str) -> dict[str, int]:
    site_id = worker.site_id
    course = await made(session, Course(site_id=site_id, code=unique("course"), title=f"{mark}课", title_en=mark))
    question = {"kind": "single", "text": mark, "text_en": mark, "options": [["甲", "A"], ["乙", "B"]], "right": [0]}
    content = {
        "pages": [{"title": mark, "title_en": mark, "text": mark, "text_en": mark}],
        "questions": [{**question, "why": mark, "why_en": mark}],
        "pass_mark": 100,
        "draw": 1,
    }
    version = await made(session, CourseVersion(site_id=site_id, course_id=course.id, content=content))
    attempt = QuizAttempt(
        site_id=site_id, course_id=course.id, version_id=version.id, person_id=worker.id, seed=1, submitted_at=now()
    )
    of_course: dict[str, Any] = {"site_id": site_id, "course_id": course.id}
    assignment = TrainingAssignment(**of_course, person_id=worker.id, due_on=now().date())
    rule = CauseRule(**of_course, word=mark, person_id=worker.id, made_by=worker.id)
    media = CourseMedia(
        site_id=site_id,
        kind="pdf",
        name=mark,
        media_type="application/pdf",
        path="",
        sha256="",
        bytes=1,
        uploaded_by=worker.id,
    )
    return {
        "course_id": course.id,
        "attempt_id": (await made(session, attempt)).id,
        "assignment_id": (await made(session, assignment)).id,
        "cause_rule_id": (await made(session, rule)).id,
        "media_id": (await made(session, media)).id,
    }


async def _sign_in(session: AsyncSession, person: Person) -> int:
    actor = await actor_of(session, await open_session(session, person, device="phone", address="10.0.0.1"))
    assert actor is not None
    return actor.session_id


async def _trace(session: AsyncSession, group: AlarmGroup, alarm: Alarm, point: Point) -> int:
    result: dict[str, Any] = {"symptom": f"point:{point.id}", "state": "traced", "onset": None, "reason": ""}
    empty = ("causes", "scope", "posts", "units", "records", "advice", "charts", "suspects", "evidence", "path")
    made_trace = await made(
        session,
        Trace(
            site_id=group.site_id,
            group_id=group.id,
            window_from=now() - timedelta(hours=1),
            window_to=now(),
            result=result | {key: [] for key in empty},
        ),
    )
    return made_trace.id


async def _look(session: AsyncSession, estate: Estate, trace_id: int, point: Point, post_id: int) -> dict[str, int]:
    """A look on site for a trace, and a trace by hand."""
    site: dict[str, Any] = {"site_id": estate.site.id}
    leader, node = estate.people[Role.LEADER], f"point:{point.id}"
    check = TraceCheck(**site, trace_id=trace_id, node=node, post_id=post_id, asked_by=leader.id, due_at=now())
    await made(session, check)
    file = {"sha256": "0" * 64, "path": "none.webp", "thumbnail_path": "none-small.webp"}
    photo = TraceCheckPhoto(**site, check_id=check.id, uploaded_by=leader.id, width=1, height=1, bytes=1, **file)
    asked = Trace(**site, origin="hand", asked_by=leader.id, asked_for=node, revision=0, window_from=now())
    asked.window_to, asked.result = now(), nothing_yet()
    await made(session, asked)
    return {"check_id": check.id, "check_photo_id": (await made(session, photo)).id}


async def _causes(session: AsyncSession, site: Site, mark: str) -> dict[str, str]:
    """A class of equipment that only this site has in its cause library."""
    key = f"own_{site.id}"
    mode = {"key": "worn", "title": mark, "title_en": mark, "kind": "equipment", "nature": "wear", "per_year": 1.0}
    edits = {"classes": [{"key": key, "title": mark, "title_en": mark, "modes": [mode]}]}
    await made(session, CauseLibrary(site_id=site.id, version=1, edits=edits, note=mark))
    return {"class_key": key, "mode_key": "worn"}


async def _trace_model(session: AsyncSession, site: Site, trace_id: int, point: Point, mark: str) -> dict[str, int]:
    case = TraceCase(site_id=site.id, trace_id=trace_id, node=f"point:{point.id}", note=mark)
    learned = {"cases": [(await made(session, case)).id], "prior": {f"point:{point.id}": 1.0}}
    model = await made(session, TraceModel(site_id=site.id, version=0, active=True, content=learned))
    trial = TraceReplay(site_id=site.id, version=0, against=0, from_at=now(), to_at=now(), trace_ids=[trace_id])
    return {"model_id": model.id, "replay_id": (await made(session, trial)).id}


async def _normal(session: AsyncSession, site: Site, point: Point, mark: str) -> dict[str, int]:
    learned = LearnedNormal(site_id=site.id, active=False, point_ids=[point.id], row_s=60.0, learned_from=mark)
    learned.parameters = {"rows": 1}
    normal_id = (await made(session, learned)).id
    times: dict[str, Any] = {"from_at": now() - timedelta(days=1), "to_at": now(), "row_s": 60.0, "rows": 1440}
    work = NormalWork(site_id=site.id, kind="learn", state="refused", problem=mark, **times)
    work.result = {"rows": 0, "left_out": 0}
    return {"normal_id": normal_id, "work_id": (await made(session, work)).id}


async def _rectification(session: AsyncSession, estate: Estate, alarm: Alarm, mark: str) -> dict[str, int]:
    worker, leader = estate.people[Role.WORKER], estate.people[Role.LEADER]
    one = await made(
        session,
        Rectification(
            site_id=estate.site.id,
            number=unique("ZG-"),
            alarm_id=alarm.id,
            equipment_id=alarm.equipment_id,
            level="general",
            title=f"{mark}整改",
            measure=f"{mark}措施",
            owner_id=worker.id,
            deadline=now() + timedelta(days=1),
            opened_by=leader.id,
        ),
    )
    entry = await made(
        session,
        RectificationEntry(site_id=one.site_id, rectification_id=one.id, kind="opened", person_id=leader.id, note=mark),
    )
    photo = await made(
        session,
        Photo(
            site_id=one.site_id,
            rectification_id=one.id,
            entry_id=entry.id,
            stage="before",
            uploaded_by=leader.id,
            sha256="0" * 64,
            path="none.webp",
            thumbnail_path="none-small.webp",
            width=1,
            height=1,
            bytes=1,
        ),
    )
    return {"rectification_id": one.id, "photo_id": photo.id}


async def _report(session: AsyncSession, estate: Estate, alarm: Alarm, mark: str) -> dict[str, int]:
    site_id, worker = estate.site.id, estate.people[Role.WORKER]
    one = await made(
        session,
        HazardReport(
            site_id=site_id,
            number=unique("SB-"),
            details=mark,
            factor="object",
            level="general",
            equipment_id=alarm.equipment_id,
            reporter_id=worker.id,
            voice_path="none.webm",
        ),
    )
    photo = ReportPhoto(
        site_id=site_id,
        report_id=one.id,
        sha256="0" * 64,
        path="none.webp",
        thumbnail_path="none-small.webp",
        original_path="none-original.webp",
        width=1,
        height=1,
        bytes=1,
    )
    admin = estate.people[Role.ADMIN]
    link = await made(session, PublicLink(site_id=site_id, key=unique(mark), opened_by=admin.id))
    return {"report_id": one.id, "report_photo_id": (await made(session, photo)).id, "public_key": link.id}


async def _refused(session: AsyncSession, site: Site, mark: str) -> dict[str, int]:
    await made(session, Source(site_id=site.id, code=mark))
    rejection = await made(
        session,
        Rejection(
            site_id=site.id,
            topic=f"ansu/{mark}",
            source=mark,
            reason="not_json",
            detail=mark,
            payload=mark,
            digest=unique("digest"),
        ),
    )
    pending = await make_point(session, site, code=unique(mark), status=PointStatus.PENDING, source=mark)
    return {"rejection_id": rejection.id, "pending_id": pending.id}


async def _history(session: AsyncSession, estate: Estate, alarm: Alarm, mark: str) -> None:
    leader = await actor_for(session, estate.people[Role.LEADER])
    await record_change(session, leader, "alarm.acknowledged", "alarm", alarm.id, {"note": ["", mark]})
    await record_event(
        session,
        site_id=estate.site.id,
        kind="alarm.raised",
        subject="alarm",
        subject_id=alarm.id,
        data={"title_zh": mark, "title_en": mark, "url": f"/alarms/{alarm.id}"},
    )


async def _woken_phone(session: AsyncSession, person: Person, sign_in: int, mark: str) -> int:
    phone = PushSubscription(
        site_id=person.site_id,
        person_id=person.id,
        session_id=sign_in,
        endpoint=unique("https://fcm.googleapis.com/"),
        p256dh="",
        auth="",
        device=mark,
    )
    return (await made(session, phone)).id
