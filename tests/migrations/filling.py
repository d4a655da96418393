"""A row in every table, made from the tables' own description, so that a new table is filled without being named."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Float,
    Integer,
    LargeBinary,
    MetaData,
    Numeric,
    Table,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
_VALUES: list[tuple[type[Any], Any]] = [
    (Boolean, True),
    (DateTime, NOON),
    (Date, NOON.date()),
    (BigInteger, 7),
    (Integer, 7),
    (Float, 1.5),
    (Numeric, Decimal(1)),
    (LargeBinary, b"0123456789"),
    (JSONB, {}),
    (ARRAY, []),
]
"""A value of each type; of any other type it is a word."""
_REQUIRED_BY_CHECK = {
    "trace.group_id",
    "link.source_equipment_id",
    "link.target_equipment_id",
    "training_assignment.person_id",
    "inspection_stop.equipment_id",
    "place_fence.equipment_id",
    "check_in.equipment_id",
    "hazard_report.reporter_id",
    "label.equipment_id",
    "plant_buffer.outflow_per_h",
}
"""Columns that may be null by themselves, but not all of their row."""


async def fill(session: AsyncSession, metadata: MetaData) -> None:
    """Put a row into each table that has none, in the order in which they refer to each other."""
    for table in metadata.sorted_tables:
        if (await session.execute(select(table).limit(1))).first() is None:
            await session.execute(table.insert().values(await _row(session, table)))


async def _row(session: AsyncSession, table: Table) -> dict[str, Any]:
    return {column.name: await _value(session, column) for column in table.columns if _wanted(column)}


def _wanted(column: Column[Any]) -> bool:
    given = column.identity is not None or column.server_default is not None
    return not given and (not column.nullable or str(column) in _REQUIRED_BY_CHECK)


async def _value(session: AsyncSession, column: Column[Any]) -> Any:
    for key in column.foreign_keys:
        return (await session.execute(select(key.column).limit(1))).scalar_one()
    return next((value for kind, value in _VALUES if isinstance(column.type, kind)), "word")
