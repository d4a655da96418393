"""Tables of people and what they may: site, team, post, person, sign-in session, audit entry."""

import enum
from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field

from backend.core.tables import SiteScoped, Stamped, document, identity_key, moment, reference


class Role(enum.StrEnum):
    """The five roles (GLOSSARY)."""

    WORKER = "worker"
    LEADER = "leader"
    MANAGER = "manager"
    SAFETY_OFFICER = "safety_officer"
    ADMIN = "admin"


class Site(Stamped, table=True):
    """One plant: the outermost boundary of data and permission."""

    __tablename__ = "site"

    id: int = identity_key()
    code: str = Field(unique=True)
    name: str
    name_en: str = ""
    time_zone: str = "Asia/Shanghai"
    sample: bool = False
    """A demo site, whose people and records say that they are samples."""
    modules_off: list[str] = document(default=list)
    """Names of ``identity.modules`` that the site does without."""


class Team(SiteScoped, table=True):
    """People who work together under a leader (the person of role leader in it)."""

    __tablename__ = "team"
    __table_args__ = (UniqueConstraint("site_id", "code"),)

    id: int = identity_key()
    code: str
    name: str
    name_en: str = ""


class Post(SiteScoped, table=True):
    """A role in the plant that owns equipment, areas and data sources."""

    __tablename__ = "post"
    __table_args__ = (UniqueConstraint("site_id", "code"),)

    id: int = identity_key()
    code: str
    name: str
    name_en: str = ""


class Person(SiteScoped, Stamped, table=True):
    """Somebody with an account. ``account`` is lower case and unique over all sites."""

    __tablename__ = "person"
    __table_args__ = (
        CheckConstraint("account = lower(account)", name="person_account_lower"),
        Index("person_team", "site_id", "team_id"),
    )

    id: int = identity_key()
    account: str = Field(unique=True)
    name: str
    name_en: str = ""
    role: str = Role.WORKER
    team_id: int | None = reference("team.id", nullable=True)
    phone: str = ""
    password_hash: str
    must_change_password: bool = False
    active: bool = True
    left_at: datetime | None = moment(nullable=True)
    """Since when the account is closed, where that is known; None while it is open."""
    locale: str = ""
    """``zh_CN`` or ``en``; empty follows the phone."""
    theme: str = "auto"
    sample: bool = False


class PersonDay(SiteScoped, table=True):
    """That somebody worked with AnSu on a day of the site. Nothing of what they did there (``identity.presence``)."""

    __tablename__ = "person_day"
    __table_args__ = (Index("person_day_site", "site_id", "day"),)

    person_id: int = Field(primary_key=True, foreign_key="person.id", sa_type=BigInteger)
    day: date = Field(primary_key=True)
    first_at: datetime = moment()
    last_at: datetime = moment()
    """Within an hour: it is written at most once an hour."""


class PostHolder(SiteScoped, table=True):
    """Who holds a post, from when until when."""

    __tablename__ = "post_holder"
    __table_args__ = (
        Index("post_holder_now", "post_id", "person_id", unique=True, postgresql_where=text("until IS NULL")),
        Index("post_holder_person", "person_id"),
    )

    id: int = identity_key()
    post_id: int = reference("post.id")
    person_id: int = reference("person.id")
    since: datetime = moment(now=True)
    until: datetime | None = moment(nullable=True)


class LoginSession(SiteScoped, table=True):
    """One sign-in on one device; the cookie carries the token, the table only its SHA-256."""

    __tablename__ = "login_session"
    __table_args__ = (Index("login_session_person", "person_id", "created_at"),)

    id: int = identity_key()
    token_hash: str = Field(unique=True)
    csrf_token: str
    person_id: int = reference("person.id")
    created_at: datetime = moment(now=True)
    last_seen_at: datetime = moment(now=True)
    expires_at: datetime = moment()
    revoked_at: datetime | None = moment(nullable=True)
    device: str = ""
    address: str = ""


class AuditEntry(SiteScoped, table=True):
    """Who did what to which object. Written with the change; a trigger forbids changing or deleting it."""

    __tablename__ = "audit_entry"
    __table_args__ = (
        Index("audit_entry_recent", "site_id", "id"),
        Index("audit_entry_object", "site_id", "object_type", "object_id"),
        Index("audit_entry_actor", "site_id", "actor_id", "id"),
    )

    id: int = identity_key()
    at: datetime = moment(now=True)
    actor_id: int | None = reference("person.id", nullable=True)
    action: str
    object_type: str
    object_id: int
    change: dict[str, Any] = document()
    """``{"field": [before, after]}``; secrets never."""
    request_id: str = ""
    address: str = ""
