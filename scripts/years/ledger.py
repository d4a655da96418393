"""Rows on their way into tables by binary COPY: ids given here, columns nobody names filled as the models would."""

import itertools
import json
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy.dialects.postgresql import JSONB

from backend.core.tables import SiteScoped

Row = Sequence[Any]


class Ledger:
    """One transaction's rows of one site. Ids go on from the highest stored, in the order of asking."""

    def __init__(self, connection: Any, site_id: int) -> None:
        self.site_id = site_id
        self.written: dict[str, int] = {}
        self._connection = connection
        self._counters: dict[str, itertools.count[int]] = {}

    async def open(self, *models: type[SiteScoped]) -> None:
        """Prepare to give ids of ``models``."""
        for model in models:
            name = _name(model)
            highest = await self._connection.fetchval(f"SELECT COALESCE(max(id), 0) FROM {name}")
            self._counters[name] = itertools.count(highest + 1)

    def id(self, model: type[SiteScoped]) -> int:
        """The next id of a table that was opened."""
        return next(self._counters[_name(model)])

    async def copy(self, model: type[SiteScoped], columns: Sequence[str], rows: Iterable[Row]) -> int:
        """Write ``rows`` of ``columns``; gives how many. Raises LookupError for a column that only the caller can
        know and didn't name."""
        rest = _rest(model, columns, self.site_id)
        told = tuple(rest.values())
        documents = [place for place, name in enumerate(columns) if _is_document(model, name)]
        records = [(*(_stored(row, documents) if documents else row), *told) for row in rows]
        await self._connection.copy_records_to_table(_name(model), records=records, columns=[*columns, *rest])
        self.written[_name(model)] = self.written.get(_name(model), 0) + len(records)
        return len(records)

    async def close(self) -> None:
        """Let the database's own counting go on after the ids given here."""
        for name in self._counters:
            counting = f"setval(pg_get_serial_sequence('{name}', 'id'), max(id))"
            await self._connection.execute(f"SELECT {counting} FROM {name} HAVING max(id) IS NOT NULL")


def _name(model: type[SiteScoped]) -> str:
    return str(model.__tablename__)


def _is_document(model: type[SiteScoped], name: str) -> bool:
    return isinstance(model.__table__.c[name].type, JSONB)  # type: ignore[attr-defined]


def _stored(row: Row, documents: Sequence[int]) -> Row:
    made = list(row)
    for place in documents:
        made[place] = json.dumps(made[place], ensure_ascii=False)
    return made


def _rest(model: type[SiteScoped], columns: Sequence[str], site_id: int) -> dict[str, Any]:
    """What stands in all rows: the site, and the models' own defaults."""
    found: dict[str, Any] = {}
    for column in model.__table__.columns:  # type: ignore[attr-defined]
        name = column.name
        if name in columns or column.computed is not None:
            continue
        if name == "site_id":
            found[name] = site_id
            continue
        default = model.model_fields[name].get_default(call_default_factory=True, validated_data={})
        if name == "id" or (default is None and not column.nullable):
            if name == "id" and column.identity is not None:
                continue
            raise LookupError(f"{model.__name__}.{name} must be given")
        if isinstance(column.type, JSONB):
            default = json.dumps(default)
        found[name] = default
    return found
