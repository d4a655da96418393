"""Tables of alarm load: who bears it, rules tried on past readings, and changes that were made by such a trial."""

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, UniqueConstraint

from backend.core.tables import SiteScoped, Stamped, document, identity_key, moment, reference

TRIAL_JOB = "rule.trial"
"""Kind of the job that goes on with a trial that took too long to be waited for."""


class Purpose(enum.StrEnum):
    """What a trial is for."""

    TRY = "try"
    """A person's draft beside the version in force."""
    SUGGEST = "suggest"
    """The smallest safe change to deadband and delays is looked for."""


class TrialState(enum.StrEnum):
    """How far it is."""

    RUNNING = "running"
    DONE = "done"


class AlarmOperators(SiteScoped, Stamped, table=True):
    """How many operators (desks that alarms come to) bear a site's alarms. Without a row: its teams that keep areas."""

    __tablename__ = "alarm_operators"
    __table_args__ = (UniqueConstraint("site_id"), CheckConstraint("operators > 0", name="alarm_operators_some"))

    id: int = identity_key()
    operators: int


class RuleTrial(SiteScoped, table=True):
    """A rule judged over past readings of its point, as it was asked and what came out."""

    __tablename__ = "rule_trial"
    __table_args__ = (Index("rule_trial_of", "rule_id", "id"), Index("rule_trial_recent", "site_id", "id"))

    id: int = identity_key()
    rule_id: int | None = reference("alarm_rule.id", nullable=True)
    """None: a draft of a rule that isn't there yet."""
    rule_version: int = 0
    purpose: str
    present: dict[str, Any] = document()
    """The version in force as ``drafts.RuleDraft``; empty for a new rule."""
    draft: dict[str, Any] = document()
    """What is tried; of a suggestion what was found, empty where no safe change was."""
    from_at: datetime = moment()
    to_at: datetime = moment()
    state: str = TrialState.RUNNING
    done_share: float = 0.0
    result: dict[str, Any] = document()
    """As ``working.outcome`` writes it."""
    asked_by: int = reference("person.id")
    asked_at: datetime = moment(now=True)
    finished_at: datetime | None = moment(nullable=True)


class Rationalisation(SiteScoped, table=True):
    """A change to a rule by a trial that promised to lower the load: the promise, to be held against what came."""

    __tablename__ = "rationalisation"
    __table_args__ = (
        UniqueConstraint("trial_id"),
        Index("rationalisation_of", "rule_id", "id"),
        Index("rationalisation_recent", "site_id", "id"),
    )

    id: int = identity_key()
    rule_id: int = reference("alarm_rule.id")
    trial_id: int = reference("rule_trial.id")
    from_version: int
    to_version: int
    before: dict[str, Any] = document()
    """Deadband and delays as they were, to be put back."""
    after: dict[str, Any] = document()
    days: float
    """How many days of readings it was tried on."""
    alarms_before: int
    """Alarms that the version before raised on them …"""
    alarms_after: int
    """… and that this one did."""
    applied_by: int = reference("person.id")
    applied_at: datetime = moment(now=True)
    restored_by: int | None = reference("person.id", nullable=True)
    restored_at: datetime | None = moment(nullable=True)
    restored_version: int | None = None
