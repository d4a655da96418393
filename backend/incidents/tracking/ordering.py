"""Production orders: read from rows as a spreadsheet gives them, and what becomes of one whose stage stops. Pure."""

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from backend.core.errors import N_

COLUMNS = 7
MOST_ROWS = 2_000
LONGEST_WORD = 80
AHEAD = timedelta(hours=24)
"""An order that begins later than this after its stage stops isn't named: nobody knows how long that stands still."""
_PATTERNS = ("%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S")
"""As spreadsheets write moments, without zeros in front."""
_HEADS = {"编号", "订单编号", "number", "order"}


@dataclass(frozen=True, slots=True)
class OrderFacts:
    """An order as stated; ``stage`` is the code of its stage, moments are UTC."""

    number: str
    product: str
    stage: str
    starts_at: datetime
    ends_at: datetime
    quantity: float
    unit: str


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row that can't be taken, as it was typed, with why."""

    line: int
    typed: str
    words: str


def read_rows(typed: str, zone: ZoneInfo, stages: set[str]) -> tuple[list[OrderFacts], list[RefusedRow]]:
    """Orders of rows with tabs (as a spreadsheet copies them) or commas: number, product, code of the stage, begin,
    end, quantity, unit. Moments without a zone are the site's. A first row of headings and empty rows are passed over.
    """
    taken: list[OrderFacts] = []
    refused: list[RefusedRow] = []
    for line, row in enumerate(typed.splitlines(), start=1):
        if not row.strip():
            continue
        cells = [cell.strip() for cell in next(csv.reader([row], delimiter="\t" if "\t" in row else ","))]
        if not taken and not refused and cells[0].casefold() in _HEADS:
            continue
        read = _read(cells, zone, stages) if line <= MOST_ROWS else N_("一次最多 2000 行")
        if isinstance(read, str):
            refused.append(RefusedRow(line, row, read))
        else:
            taken.append(read)
    return taken, refused


def _read(cells: Sequence[str], zone: ZoneInfo, stages: set[str]) -> OrderFacts | str:
    if len(cells) != COLUMNS:
        return N_("要有 7 列：编号、产品、环节代码、开始、结束、数量、单位")
    number, product, stage, starts, ends, quantity, unit = cells
    if not number or not product or not unit or max(map(len, cells)) > LONGEST_WORD:
        return N_("编号、产品和单位都要有，每格不超过 80 字")
    if stage not in stages:
        return N_("没有这个代码的生产环节")
    begins, finishes = _moment(starts, zone), _moment(ends, zone)
    if begins is None or finishes is None or finishes <= begins:
        return N_("时间要像 2026-01-31 08:00，结束要比开始晚")
    amount = _amount(quantity)
    return OrderFacts(number, product, stage, begins, finishes, amount, unit) if amount else N_("数量要大于 0")


def _moment(typed: str, zone: ZoneInfo) -> datetime | None:
    plain = typed.replace("/", "-")
    for read_as in (datetime.fromisoformat, *(_read_as(pattern) for pattern in _PATTERNS)):
        try:
            read = read_as(plain)
        except ValueError:
            continue
        return (read if read.tzinfo else read.replace(tzinfo=zone)).astimezone(UTC)
    return None


def _read_as(pattern: str) -> Callable[[str], datetime]:
    return lambda typed: datetime.strptime(typed, pattern)  # noqa: DTZ007 - the zone is the site's


def _amount(typed: str) -> float | None:
    try:
        value = float(typed.replace(",", ""))
    except ValueError:
        return None
    return value if 0 < value < 1e12 else None


@dataclass(frozen=True, slots=True)
class Standstill:
    """An order whose stage stops at a moment: ``made`` by then if it went as planned, ``short`` what is missing."""

    made: float
    short: float


def standstill(starts_at: datetime, ends_at: datetime, quantity: float, stops_at: datetime) -> Standstill | None:
    """What becomes of an order if its stage stops at ``stops_at``; None where it is finished by then, or begins more
    than a day later. It is taken to be made evenly from begin to end."""
    if ends_at <= stops_at or starts_at > stops_at + AHEAD:
        return None
    share = min(max((stops_at - starts_at) / (ends_at - starts_at), 0.0), 1.0)
    return Standstill(quantity * share, quantity * (1 - share))
