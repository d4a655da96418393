"""Writes all incidents that are asked for into a file to take along, piece by piece."""

import asyncio
import enum
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from typing import IO

from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.errors import N_, Invalid
from backend.core.spreadsheets import Csv, Table, Workbook
from backend.identity.actor import Actor
from backend.incidents.history.asked import Wanted
from backend.incidents.history.queries.names import causes_called, places
from backend.incidents.history.queries.rows import MOST_EXPORTED, all_rows, how_many
from backend.incidents.history.tables import TITLE, Reader, headings, lines

_IN_MEMORY = 4 * 2**20
"""Bytes; a larger file lies on the disk while it is sent."""
_PIECE = 64 * 1024


class Format(enum.StrEnum):
    """What a file can be; its value is the ending of its name."""

    XLSX = "xlsx"
    CSV = "csv"


MEDIA_TYPES = {
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Format.CSV: "text/csv; charset=utf-8",
}


async def written(session: AsyncSession, actor: Actor, wanted: Wanted, form: Format, locale: str) -> IO[bytes]:
    """The file, at its beginning; who sends it closes it. Raises Invalid for more rows than one file takes."""
    if await how_many(session, actor, wanted) > MOST_EXPORTED:
        raise Invalid(N_("一次最多导出 %(most)s 行，请缩短时间或增加筛选条件"), most=f"{MOST_EXPORTED:,}")
    known, reader = await places(session, actor), Reader(locale, actor.zone, {})
    file: IO[bytes] = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - outlives this function
    table = _table(form, file, reader)
    async for rows in all_rows(session, actor, wanted):
        causes = await causes_called(session, actor, {row.cause for row in rows}, known)
        await asyncio.to_thread(table.add, lines(rows, replace(reader, causes=causes)))
    await asyncio.to_thread(table.end)
    file.seek(0)
    return file


def pieces(file: IO[bytes]) -> Iterator[bytes]:
    """What is sent, one piece after another; closes the file."""
    with file:
        while piece := file.read(_PIECE):
            yield piece


def _table(form: Format, file: IO[bytes], reader: Reader) -> Table:
    if form == Format.CSV:
        return Csv(file, headings(reader))
    return Workbook(file, reader.say(TITLE), headings(reader))
