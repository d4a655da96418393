"""Columns and mixins that tables of every domain share."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, Identity, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel


def identity_key() -> Any:
    """A 64-bit primary key given by the database."""
    return Field(default=None, primary_key=True, sa_type=BigInteger, sa_column_args=[Identity()])


def reference(target: str, *, nullable: bool = False, index: bool = False, ondelete: str = "") -> Any:
    """A 64-bit foreign key to ``target`` (``table.column``)."""
    options: dict[str, Any] = {"default": None} if nullable else {}
    if ondelete:
        options["ondelete"] = ondelete
    return Field(foreign_key=target, nullable=nullable, index=index, sa_type=BigInteger, **options)


def moment(*, nullable: bool = False, now: bool = False, index: bool = False) -> Any:
    """A point in time stored with zone (UTC); ``now`` lets the database stamp it at the insert (``core.past``)."""
    return Field(
        default=None,
        nullable=nullable,
        index=index,
        sa_type=DateTime(timezone=True),
        sa_column_kwargs={"server_default": func.ansu_now()} if now else {},
    )


def document(*, default: Any = dict) -> Any:
    """A JSONB column; ``default`` is the factory of an empty one."""
    return Field(default_factory=default, sa_type=JSONB, nullable=False)


class SiteScoped(SQLModel):
    """Rows that belong to one site. Requests reach them only through ``identity.permissions.visible``."""

    site_id: int = reference("site.id", index=False)


class Stamped(SQLModel):
    """Rows that know when they were made."""

    created_at: datetime = moment(now=True)
