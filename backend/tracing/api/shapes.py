"""What programs send and get about traces."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from backend.core.clock import now
from backend.core.errors import NotFound
from backend.tracing.api.nodes import LimitAheadOut, MoverOut, NodeOut, limit_out, movers_out, node_out
from backend.tracing.circumstances import Listed
from backend.tracing.foretelling import foretold, form_of
from backend.tracing.models import TraceCheck
from backend.tracing.queries import TraceView
from backend.tracing.steps import reached_equipment, steps_of


class EvidenceOut(BaseModel):
    """What speaks for or against; ``value`` in the unit of its reason (seconds, shares or standard deviations)."""

    reason: str
    value: float
    points: list[NodeOut]


class StepOut(BaseModel):
    """A step on the way to the symptom; ``after_s`` seconds after the first that moved."""

    node: NodeOut
    onset_at: datetime | None
    after_s: float | None


class CauseOut(BaseModel):
    """A candidate root cause; ``probability`` 0 … 1, ``deviation`` in robust standard deviations, signed;
    ``form``: how it moved, as of the movers, empty where that isn't known; ``disturbance``: 0, or 1 for causes of a
    second fault at the same time, whose probabilities sum up for themselves."""

    node: NodeOut
    form: str
    probability: float
    deviation: float
    onset_at: datetime | None
    path: list[StepOut]
    supports: list[EvidenceOut]
    against: list[EvidenceOut]
    look_at: list[NodeOut]
    disturbance: int


class RecordOut(BaseModel):
    """A record of the plant that speaks for a human or management cause; ``value`` days, or a count of alarms."""

    kind: str
    equipment_id: int
    value: float
    row_id: int
    text: str
    text_en: str
    sample: bool


class ReachedOut(BaseModel):
    """Equipment in the impact scope; moments UTC."""

    equipment: NodeOut
    area: str
    area_en: str
    arrived: bool
    arrival_at: datetime
    earliest: datetime
    latest: datetime


class PostOut(BaseModel):
    """A post that answers for suspected equipment, and who holds it now."""

    post_id: int
    name: str
    name_en: str
    equipment: NodeOut
    holders: list[tuple[str, str]]


class ConfirmationOut(BaseModel):
    """Which root a person confirmed: the key of a node or of a fused cause with its names, or ``other`` with a note."""

    node: str
    name: str
    name_en: str
    note: str
    at: datetime | None
    by: tuple[str, str] | None


class FirstCauseOut(BaseModel):
    """What the trace names first, as the page and the notice do: ``node`` is a cause of ``/traces/<id>/causes``, or a
    place by the readings alone where nothing else was weighed (``by_readings``)."""

    node: NodeOut
    probability: float
    by_readings: bool


class TraceOut(BaseModel):
    """A trace; ``unknown`` is the probability that the cause isn't measured. ``revision`` 0: it isn't made yet."""

    id: int
    revision: int
    origin: str
    """``alarm``, ``warning`` (of the learned normal alone) or ``hand``."""
    stage: str
    """``live``, or ``review`` once the whole process was looked at."""
    asked_for: str
    window_from: datetime
    window_to: datetime
    made_at: datetime
    alarm_id: int | None
    alarm_count: int
    abnormal: bool
    started_at: datetime | None
    symptom: NodeOut | None
    unknown: float
    movers: list[MoverOut]
    limits_ahead: list[LimitAheadOut]
    """Of what is reached next, what still lies ahead, the soonest first."""
    first_cause: FirstCauseOut | None
    causes: list[CauseOut]
    """Places by the readings, likeliest first."""
    scope: list[ReachedOut]
    records: list[RecordOut]
    posts: list[PostOut]
    advice: list[tuple[str, str]]
    confirmation: ConfirmationOut | None


class ListedOut(BaseModel):
    """A trace in the list, with its probable (or confirmed) root."""

    id: int
    origin: str
    stage: str
    revision: int
    first_made_at: datetime
    alarm_id: int | None
    title: str
    title_en: str
    root: NodeOut | None
    probability: float
    confirmed: bool


class QuestionIn(BaseModel):
    """What to trace (``point:7``, ``equipment:3``, ``report:5``, ``rectification:2``, empty: the plant) and when;
    without times the last hour."""

    what: str = Field("", max_length=40)
    since: datetime | None = None
    until: datetime | None = None


class CauseIn(BaseModel):
    """A cause of the trace, by its node, or (not for a look on site) by its key among ``/traces/<id>/causes``;
    ``question``: words for who is to look."""

    node: str = Field("", max_length=120)
    question: str = Field("", max_length=500)


class CheckOut(BaseModel):
    """A look on site. ``question`` (its key) with its ``text``: of the cause library; ``words``: a leader's own.
    ``answer`` (yes, no, unknown) and ``verdict`` (found, clear, unsure) are empty until it is done, and where it
    carries no such thing."""

    id: int
    trace_id: int
    node: str
    question: str
    text: str
    text_en: str
    words: str
    due_at: datetime
    answered_at: datetime | None
    verdict: str
    answer: str
    note: str


class FoundIn(BaseModel):
    """What who looked found; ``captured_at``: when it was seen, if not just now."""

    verdict: str = Field("", max_length=20)
    answer: str = Field("", max_length=20)
    note: str = Field("", max_length=2000)
    captured_at: datetime | None = None


class ConfirmationIn(BaseModel):
    """``node``: the node of one of the trace's causes, the key of one of ``/traces/<id>/causes``
    (``equipment:3/valve.sticking``), or ``other`` with a ``note``."""

    node: str = Field("", max_length=120)
    note: str = Field("", max_length=2000)


def check_out(one: TraceCheck) -> CheckOut:
    """A look on site as programs get it."""
    return CheckOut.model_validate(one, from_attributes=True)


def listed_out(one: Listed) -> ListedOut:
    """A trace in the list as programs get it."""
    title, title_en = "", ""
    if one.alarm:
        title, title_en = one.alarm.title, one.alarm.title_en
    elif one.subject:
        title, title_en = one.subject.name, one.subject.name_en
    return ListedOut(
        id=one.trace.id,
        origin=one.trace.origin,
        stage=one.trace.stage,
        revision=one.trace.revision,
        first_made_at=one.trace.first_made_at,
        alarm_id=one.alarm.id if one.alarm else None,
        title=title,
        title_en=title_en,
        root=node_out(one.root) if one.root else None,
        probability=one.probability,
        confirmed=bool(one.trace.confirmed_node),
    )


def trace_out(view: TraceView | None) -> TraceOut:
    """A trace as programs get it. Raises NotFound for None."""
    if view is None:
        raise NotFound()
    result, trace = view.result, view.trace
    return TraceOut(
        id=trace.id,
        revision=trace.revision,
        origin=trace.origin,
        stage=trace.stage,
        asked_for=trace.asked_for,
        window_from=trace.window_from,
        window_to=trace.window_to,
        made_at=trace.made_at,
        alarm_id=view.first_alarm.id if view.first_alarm else None,
        alarm_count=view.alarm_count,
        abnormal=result.get("abnormal", False),
        started_at=view.started_at,
        symptom=node_out(view.name(result["symptom"])) if result["symptom"] else None,
        unknown=result.get("unknown", 1.0),
        movers=movers_out(view),
        limits_ahead=[limit_out(view, told) for told in foretold(result, now())],
        first_cause=_first(view),
        causes=[_cause(view, cause) for cause in result["causes"]],
        scope=_scope(view),
        records=[RecordOut.model_validate(record) for record in result["records"]],
        posts=[
            PostOut(
                post_id=post.post_id,
                name=post.name,
                name_en=post.name_en,
                equipment=node_out(view.name(post.equipment_key)),
                holders=[(holder.name, holder.name_en) for holder in post.holders],
            )
            for post in view.posts
        ],
        advice=view.rule_advice,
        confirmation=_confirmation(view),
    )


def _first(view: TraceView) -> FirstCauseOut | None:
    if (first := view.first) is None:
        return None
    return FirstCauseOut(node=node_out(first.name), probability=first.probability, by_readings=not first.fused)


def _confirmation(view: TraceView) -> ConfirmationOut | None:
    trace, who = view.trace, view.confirmed_by
    if not trace.confirmed_node:
        return None
    by = (who.name, who.name_en) if who else None
    name = view.names.get(trace.confirmed_node)
    return ConfirmationOut(
        node=trace.confirmed_node,
        name=name.name if name else "",
        name_en=name.name_en if name else "",
        note=trace.confirmation_note,
        at=trace.confirmed_at,
        by=by,
    )


def _cause(view: TraceView, cause: dict[str, Any]) -> CauseOut:
    return CauseOut(
        node=node_out(view.name(cause["node"])),
        form=form_of(view.result, cause["node"]),
        probability=cause["probability"],
        deviation=cause["deviation"],
        onset_at=cause["onset_at"],
        path=[
            StepOut(node=node_out(view.name(step.node)), onset_at=step.onset_at, after_s=step.after_s)
            for step in steps_of(view.result, cause)
        ],
        supports=[_evidence(view, item) for item in cause["supports"]],
        against=[_evidence(view, item) for item in cause["against"]],
        look_at=[node_out(view.name(key)) for key in cause["look_at"]],
        disturbance=cause.get("disturbance", 0),
    )


def _evidence(view: TraceView, item: dict[str, Any]) -> EvidenceOut:
    points = [node_out(view.name(key)) for key in item["points"]]
    return EvidenceOut(reason=item["reason"], value=item["value"], points=points)


def _scope(view: TraceView) -> list[ReachedOut]:
    return [
        ReachedOut(
            equipment=node_out(view.name(f"equipment:{item.equipment_id}")),
            area=place.name if (place := view.places.get(item.equipment_id)) else "",
            area_en=place.name_en if place else "",
            arrived=item.arrived,
            arrival_at=item.arrival_at,
            earliest=item.earliest,
            latest=item.latest,
        )
        for item in reached_equipment(view.result)
    ]
