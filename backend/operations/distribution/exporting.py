"""Writes all rows that are asked for into a file to take along, piece by piece."""

import asyncio
import tempfile
from dataclasses import replace
from typing import IO

from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.errors import N_, Invalid
from backend.core.spreadsheets import Csv, Table, Workbook
from backend.identity.actor import Actor
from backend.incidents.history.exporting import Format
from backend.operations.distribution.asked import Wanted
from backend.operations.distribution.queries.names import causes_of, known
from backend.operations.distribution.queries.rows import MOST_EXPORTED, all_rows, how_many
from backend.operations.distribution.tables import TITLE, Reader, headings, lines

_IN_MEMORY = 4 * 2**20
"""Bytes; a larger file lies on the disk while it is sent."""


async def written(session: AsyncSession, actor: Actor, wanted: Wanted, form: Format, locale: str) -> IO[bytes]:
    """The file, at its beginning; who sends it closes it. Raises Invalid for more rows than one file takes."""
    if await how_many(session, actor, wanted) > MOST_EXPORTED:
        raise Invalid(N_("一次最多导出 %(most)s 行，请缩短时间或增加筛选条件"), most=f"{MOST_EXPORTED:,}")
    reader = Reader(locale, actor.zone, await known(session, actor), {})
    file: IO[bytes] = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - outlives this function
    table = _table(form, file, reader)
    async for rows in all_rows(session, actor, wanted):
        causes = await causes_of(session, actor, {row.cause for row in rows}, reader.known)
        await asyncio.to_thread(table.add, lines(rows, replace(reader, causes=causes)))
    await asyncio.to_thread(table.end)
    file.seek(0)
    return file


def _table(form: Format, file: IO[bytes], reader: Reader) -> Table:
    if form == Format.CSV:
        return Csv(file, headings(reader))
    return Workbook(file, reader.say(TITLE), headings(reader))
