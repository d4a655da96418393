# ruff: noqa: S608 - functions are put together from our own pieces
"""A changed row is marked once for the indicators, where its old and its new moments are the same: half the writing.

Revision: 0048, after 0047.
"""

import importlib.util
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

from alembic import op

revision: str = "0048"
down_revision: str | None = "0047"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def _first() -> ModuleType:
    """The migration that made them: what is watched stands there."""
    spec = importlib.util.spec_from_file_location("indicators_0033", Path(__file__).with_name("0033_indicators.py"))
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _changed(shown: str, columns: str, sides: str = "") -> str:
    differ = " OR ".join(f"o.{one.strip()} IS DISTINCT FROM n.{one.strip()}" for one in columns.split(","))
    return f"SELECT {shown}.* FROM stale o JOIN fresh n ON n.id = o.id {sides} WHERE {differ}"


def _replace(table: str, body: str) -> None:
    op.execute(
        f"CREATE OR REPLACE FUNCTION indicator_{table}_update() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN {body} RETURN NULL; END $$"
    )


def upgrade() -> None:
    """Make it so."""
    made = _first()
    for table, (topic, columns, moments) in made._WATCHED.items():
        sides = f"CROSS JOIN LATERAL unnest(ARRAY[o::{table}, n::{table}]) r"
        _replace(table, made._marks(topic, moments, f"({_changed('r', columns, sides)})"))


def downgrade() -> None:
    """Undo it."""
    made = _first()
    for table, (topic, columns, moments) in made._WATCHED.items():
        _replace(table, " ".join(made._marks(topic, moments, f"({_changed(side, columns)})") for side in "on"))
