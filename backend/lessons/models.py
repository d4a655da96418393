"""Tables of lessons: rounds of looking for patterns, the patterns found, what is suggested because of them or of single
incidents, and from which incidents."""

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, UniqueConstraint
from sqlmodel import Field

from backend.core.tables import SiteScoped, document, identity_key, moment, reference

MINE_JOB = "lessons.mine"
"""Kind of the job that looks for patterns at a site."""
YEAR_DAYS = 365
"""Incidents of the last so many days count for what is expected of a suggestion."""
SUGGEST_JOB = "lessons.incident"
"""Kind of the job that suggests what the review of one incident asks for; its payload: ``incident_id``."""


class PatternKind(enum.StrEnum):
    """What a pattern is."""

    COMBINATION = "combination"
    CHAIN = "chain"


class LessonRound(SiteScoped, table=True):
    """One look at a site's whole history for patterns."""

    __tablename__ = "lesson_round"
    __table_args__ = (Index("lesson_round_recent", "site_id", "id"),)

    id: int = identity_key()
    made_at: datetime = moment(now=True)
    since: datetime | None = moment(nullable=True)
    """When the oldest record was; None without records."""
    records: int
    tested: int
    """How many combinations and chains could have been claimed."""
    found: int


@dataclass(frozen=True)
class NamedValue:
    """A value of a pattern with its names."""

    attribute: str
    value: str
    name: str
    name_en: str


class LessonPattern(SiteScoped, table=True):
    """A pattern as the newest round that found it saw it; the same one keeps its row from round to round."""

    __tablename__ = "lesson_pattern"
    __table_args__ = (
        UniqueConstraint("site_id", "key"),
        Index("lesson_pattern_current", "site_id", "current", "p"),
    )

    id: int = identity_key()
    key: str
    """What it is made of: ``class=pump|shift=2``, or ``chain:3>5``."""
    kind: str = PatternKind.COMBINATION
    items: list[dict[str, Any]] = document(default=list)
    """``{attribute, value, name, name_en}``; of a chain its two equipments, in order."""
    refs: list[str] = document(default=list)
    """The records it rests on: ``incident:3``, ``alarm:9``, ``report:2``, ``rectification:7``; the newest first."""
    times: int
    of: int
    """Among so many: records that have all its attributes, or troubles at the chain's first equipment."""
    expected: float
    """So often by chance."""
    p: float
    q: float
    """Bound on the share of chance among all that was claimed with it or before it."""
    delay_s: float | None = None
    """Of a chain: how long after the first trouble the second came, in the middle case."""
    current: bool = True
    """False: the newest round doesn't find it any more."""
    first_found_at: datetime = moment(now=True)
    found_at: datetime = moment(now=True)

    @property
    def values(self) -> Sequence[NamedValue]:
        """``items`` as they are shown."""
        return [NamedValue(**item) for item in self.items]

    @property
    def lift(self) -> float:
        """How many times more often than by chance."""
        return self.times / self.expected


class SuggestionKind(enum.StrEnum):
    """What is suggested, and so by whose commands it lands."""

    CHECK_ITEM = "check_item"
    """A further item of an inspection plan's checklist."""
    MAINTENANCE_INTERVAL = "maintenance_interval"
    """Another interval of a maintenance plan, or a first plan. It lands as ``maintenance``."""
    RENEWAL = "renewal"
    """A replacement on a day, as a maintenance plan that is done once. It lands as ``maintenance``."""
    COURSE = "course"
    """A course for a team, post or person."""
    RULE_DELAY = "rule_delay"
    """A longer delay before a rule raises its alarm."""
    MEASURE = "measure"
    """A rectification: maintenance ahead of time, or a control measure."""
    RULE_LIMIT = "rule_limit"
    """An earlier limit of a rule, moved or added."""
    INSPECTION_RHYTHM = "inspection_rhythm"
    """Another rhythm of an inspection plan."""
    PLAN_STEP = "plan_step"
    """A further step of the site's emergency plan: what turned the readings back."""


class SuggestionState(enum.StrEnum):
    """What became of a suggestion. ``adapted``: adopted otherwise than it was suggested; ``withdrawn``: before anybody
    decided, what it rested on turned out otherwise."""

    OPEN = "open"
    ADOPTED = "adopted"
    ADAPTED = "adapted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


IN_FORCE = (SuggestionState.ADOPTED, SuggestionState.ADAPTED)


class Suggestion(SiteScoped, table=True):
    """Something to change because of a pattern, of a rule that fails, or of incidents. Suggested once; what was
    declined is asked again only when further incidents speak for it (``reviewed.keeping``)."""

    __tablename__ = "lesson_suggestion"
    __table_args__ = (
        UniqueConstraint("site_id", "key"),
        Index("lesson_suggestion_state", "site_id", "state", "id"),
        Index("lesson_suggestion_landed", "site_id", "landed_kind", "landed_id"),
        Index("lesson_suggestion_pattern", "pattern_id"),
    )

    id: int = identity_key()
    key: str
    """``check_item:class=pump|kind=incident.fire``: the same isn't suggested again, whatever was decided."""
    kind: str
    state: str = SuggestionState.OPEN
    pattern_id: int | None = reference("lesson_pattern.id", nullable=True)
    equipment_id: int | None = reference("equipment.id", nullable=True)
    """Where most of its records are."""
    rule_id: int | None = reference("alarm_rule.id", nullable=True)
    words: str = ""
    """What is suggested: the item, the measure."""
    words_en: str = ""
    proposal: dict[str, Any] = document()
    """What its kind needs. Of a rule's delay: ``on_delay_s``, and how many of its false alarms that ``spares`` out of
    ``false``; of a limit what ``reviewed.limits.Tighter`` says; of a course ``course_id`` and ``target``; of a step
    ``kind``, ``who``, and once adopted ``step_key``; of a rhythm ``plan_id``, ``rhythm``, ``interval_minutes``."""
    watch: dict[str, str] = document()
    """Attribute to value of the records that should become fewer."""
    refs: list[str] = document(default=list)
    per_90_days: float = 0.0
    """So many fewer in 90 days are expected if it works."""
    made_at: datetime = moment(now=True)
    decided_at: datetime | None = moment(nullable=True)
    decided_by: int | None = reference("person.id", nullable=True)
    reason: str = ""
    landed_kind: str = ""
    """What was changed: ``plan``, ``course``, ``rule``, ``rectification``, ``emergency_plan``."""
    landed_id: int | None = Field(default=None, sa_type=BigInteger)
    asked_again_at: datetime | None = moment(nullable=True)
    """When it was opened again after it had been declined; ``reason`` and ``decided_at`` are then of that time."""
    effect: list[dict[str, Any]] = document(default=list)
    """What came of it, one for each milestone that is over, as ``measuring.milestones`` writes it."""

    @property
    def in_force(self) -> bool:
        """Whether it was adopted."""
        return self.state in IN_FORCE


class SuggestionSource(SiteScoped, table=True):
    """An incident whose review asks for a suggestion, with the records of its own that say so."""

    __tablename__ = "lesson_suggestion_source"
    __table_args__ = (
        UniqueConstraint("suggestion_id", "incident_id"),
        Index("lesson_suggestion_source_incident", "incident_id"),
    )

    id: int = identity_key()
    suggestion_id: int = reference("lesson_suggestion.id")
    incident_id: int = reference("incident.id")
    refs: list[str] = document(default=list)
    """``incident:3``, ``alarm:9``, ``lapse:2``, ``disposal:7``."""
    made_at: datetime = moment(now=True)


class WeatherHour(SiteScoped, table=True):
    """The weather of an hour (UTC, its beginning), as means of the points that the site names for it; None where none
    read. Kept longer than readings, so that patterns of years know it."""

    __tablename__ = "weather_hour"
    __table_args__ = (UniqueConstraint("site_id", "hour"),)

    id: int = identity_key()
    hour: datetime = moment()
    wind_m_s: float | None = None
    temperature_c: float | None = None
    rain_mm_h: float | None = None
