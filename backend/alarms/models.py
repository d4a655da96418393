"""Tables of rules and alarms (ISA-18.2)."""

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import Index, text
from sqlmodel import Field

from backend.core.tables import SiteScoped, Stamped, document, identity_key, moment, reference


class Level(enum.StrEnum):
    """The four risk levels 重大/较大/一般/低."""

    MAJOR = "major"
    SIGNIFICANT = "significant"
    GENERAL = "general"
    LOW = "low"


class RuleKind(enum.StrEnum):
    """How a rule judges."""

    THRESHOLD = "threshold"
    RATE = "rate"
    SILENCE = "silence"
    DEVIATION = "deviation"
    SYSTEM = "system"
    """The product's own watch over itself (canary, pipeline)."""


class AlarmState(enum.StrEnum):
    """ISA-18.2 states; ``closed`` is its normal state."""

    UNACKNOWLEDGED = "unacknowledged"
    ACKNOWLEDGED = "acknowledged"
    RETURNED = "returned"
    SHELVED = "shelved"
    OUT_OF_SERVICE = "out_of_service"
    CLOSED = "closed"


class AlarmRule(SiteScoped, Stamped, table=True):
    """预警规则. ``parameters`` by kind, see ``alarms.evaluation``; each edit raises ``version``."""

    __tablename__ = "alarm_rule"
    __table_args__ = (Index("alarm_rule_point", "site_id", "point_id"),)

    id: int = identity_key()
    point_id: int | None = reference("point.id", nullable=True)
    """None for rules over many points (deviation)."""
    kind: str
    name: str
    name_en: str = ""
    level: str = Level.GENERAL
    """Level of the alarm where a limit has none of its own."""
    warning: bool = False
    """True: an early warning of a latent risk (预警); False: an alarm (报警)."""
    parameters: dict[str, Any] = document()
    on_delay_s: float = 0.0
    off_delay_s: float = 0.0
    deadband: float = 0.0
    latched: bool = False
    """A latched alarm stays until a person closes it, though the condition has gone."""
    enabled: bool = True
    out_of_service_reason: str = ""
    advice: str = ""
    advice_en: str = ""
    version: int = 1
    updated_at: datetime = moment(now=True)


class RuleState(SiteScoped, table=True):
    """What a rule remembers between readings, checkpointed with them."""

    __tablename__ = "rule_state"

    rule_id: int = Field(primary_key=True, foreign_key="alarm_rule.id", ondelete="CASCADE")
    state: dict[str, Any] = document()
    updated_at: datetime = moment(now=True)


class AlarmGroup(SiteScoped, table=True):
    """Alarms of one flood: near in time and joined on the plant graph. One trace explains them."""

    __tablename__ = "alarm_group"
    __table_args__ = (Index("alarm_group_recent", "site_id", "last_raised_at"),)

    id: int = identity_key()
    opened_at: datetime = moment(now=True)
    last_raised_at: datetime = moment(now=True)
    closed_at: datetime | None = moment(nullable=True)


class Alarm(SiteScoped, table=True):
    """One abnormal condition that needs a person. At most one is open per condition: the index says so."""

    __tablename__ = "alarm"
    __table_args__ = (
        Index("alarm_one_open", "site_id", "condition_key", unique=True, postgresql_where=text("state <> 'closed'")),
        Index("alarm_recent", "site_id", "raised_at"),
        Index("alarm_open", "site_id", "level", "raised_at", postgresql_where=text("state <> 'closed'")),
        Index("alarm_group_members", "group_id"),
        Index("alarm_point", "site_id", "point_id", "raised_at"),
        Index("alarm_warning_equipment", "site_id", "equipment_id", "raised_at", postgresql_where=text("warning")),
    )

    id: int = identity_key()
    condition_key: str
    """``rule:limit``, e.g. ``12:HH``: what can be open only once."""
    rule_id: int | None = reference("alarm_rule.id", nullable=True)
    rule_version: int = 1
    group_id: int | None = reference("alarm_group.id", nullable=True)
    point_id: int | None = reference("point.id", nullable=True)
    equipment_id: int | None = reference("equipment.id", nullable=True)
    area_id: int | None = reference("area.id", nullable=True)
    kind: str
    limit_name: str = ""
    level: str
    warning: bool = False
    latched: bool = False
    title: str
    title_en: str
    value: float | None = None
    limit_value: float | None = None
    state: str = AlarmState.UNACKNOWLEDGED
    active: bool = True
    """Whether the condition holds now."""
    reading_at: datetime | None = moment(nullable=True)
    """Time of the reading that raised it."""
    raised_at: datetime = moment(now=True)
    last_raised_at: datetime = moment(now=True)
    """When the condition last came back; equal to ``raised_at`` the first time."""
    times_raised: int = 1
    returned_at: datetime | None = moment(nullable=True)
    acknowledged_at: datetime | None = moment(nullable=True)
    acknowledged_by: int | None = reference("person.id", nullable=True)
    shelved_until: datetime | None = moment(nullable=True)
    shelved_reason: str = ""
    closed_at: datetime | None = moment(nullable=True)
    closed_by: int | None = reference("person.id", nullable=True)
    judgement: str = ""
    """``true`` or ``false`` (误报) once a person has judged; empty before."""
    judged_by: int | None = reference("person.id", nullable=True)
    judged_at: datetime | None = moment(nullable=True)
    judgement_note: str = ""


class EscalationPolicy(SiteScoped, table=True):
    """Who is told when nobody acknowledges. ``steps`` = ``[{"after_s": 0, "roles": ["leader"]}, …]``."""

    __tablename__ = "escalation_policy"
    __table_args__ = (Index("escalation_policy_level", "site_id", "level", unique=True),)

    id: int = identity_key()
    level: str
    steps: list[dict[str, Any]] = document(default=list)
    repeat_s: float = 300.0
    """How often the last step repeats until somebody acknowledges."""


class Escalation(SiteScoped, table=True):
    """One deadline of one alarm: due unless the alarm is acknowledged before. A row can't be forgotten."""

    __tablename__ = "escalation"
    __table_args__ = (
        Index("escalation_due", "due_at", postgresql_where=text("done_at IS NULL")),
        Index("escalation_pending", "alarm_id", unique=True, postgresql_where=text("done_at IS NULL")),
        Index("escalation_alarm", "alarm_id", "id"),
    )

    id: int = identity_key()
    alarm_id: int = reference("alarm.id", ondelete="CASCADE")
    step: int
    """Rung of the ladder, from 0; beyond its last rung the row is a repetition."""
    due_at: datetime = moment()
    done_at: datetime | None = moment(nullable=True)
    outcome: str = ""
    """``told``, ``nobody``, ``cancelled``."""
    told: list[int] = document(default=list)
    """Ids of the people who were told."""
