"""Alembic's entry: runs migrations on the connection that backend.core.migrate hands over."""

import re
from typing import Any

from alembic import context

from backend.core.schema import metadata

_PARTITION = re.compile(r"^reading_\d{8}$")


def _ours(_object: Any, name: str | None, kind: str, _reflected: bool, _compare_to: Any) -> bool:
    """Daily partitions come and go by themselves; they are no part of the schema."""
    return not (kind == "table" and name is not None and _PARTITION.match(name))


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    include_object=_ours,
    compare_type=True,
    compare_server_default=False,
)
with context.begin_transaction():
    context.run_migrations()
