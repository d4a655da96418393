"""Writes the rows of a figure into a file to take along, piece by piece."""

import asyncio
import tempfile
from typing import IO

from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.errors import N_
from backend.core.i18n import translate
from backend.core.spreadsheets import Cell, Csv, Heading, Table, Workbook
from backend.identity.actor import Actor
from backend.incidents.history.exporting import Format
from backend.operations.indicators.queries.rows import Row, Rows, all_rows
from backend.operations.indicators.registry import Indicator
from backend.operations.indicators.wording import KINDS, REASONS

_IN_MEMORY = 4 * 2**20
_HEADINGS = (
    (N_("时间"), 20),
    (N_("记录"), 12),
    (N_("编号"), 12),
    (N_("内容"), 36),
    (N_("设备"), 22),
    (N_("区域"), 18),
    (N_("分子"), 8),
    (N_("分母"), 8),
    (N_("秒数"), 12),
    (N_("原因"), 26),
)


async def written(
    session: AsyncSession, actor: Actor, indicator: Indicator, wanted: Rows, form: Format, locale: str
) -> IO[bytes]:
    """The file, at its beginning; who sends it closes it."""
    file: IO[bytes] = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - outlives this function
    headings = [Heading(translate(locale, words), width) for words, width in _HEADINGS]
    title = translate(locale, indicator.name)
    table: Table = Csv(file, headings) if form == Format.CSV else Workbook(file, title, headings)
    async for rows in all_rows(session, actor, wanted):
        await asyncio.to_thread(table.add, [_cells(row, actor, locale) for row in rows])
    await asyncio.to_thread(table.end)
    file.seek(0)
    return file


def _cells(row: Row, actor: Actor, locale: str) -> list[Cell]:
    english = locale == "en"
    return [
        row.at.astimezone(actor.zone).replace(tzinfo=None, microsecond=0),
        translate(locale, KINDS[row.kind]),
        row.id,
        row.title_en or row.title if english else row.title,
        row.equipment_en if english else row.equipment,
        row.area_en if english else row.area,
        row.counted,
        row.base,
        row.seconds,
        translate(locale, REASONS.get(row.reason, row.reason)),
    ]
