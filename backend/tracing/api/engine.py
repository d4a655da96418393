"""``/api/v1/engine/{detect,trace,impact}``: what the command line does on files, on posted ones.

A form with the files ``data`` (CSV) and ``topology`` (JSON) and the options as fields, named as on the command line.
The answer is that of the contract. Nothing is stored. A thread works, one for each process at a time.
"""

import asyncio
import json
from collections.abc import Callable
from typing import Annotated, Any, TypeVar

from fastapi import Depends, File, Form, Request, UploadFile

from backend.core.errors import N_, Invalid, TooLarge, TooMany
from backend.core.ratelimit import RateLimits
from backend.core.routing import APIRouter
from backend.identity.actor import Actor
from backend.identity.web import ActorDep, allow
from backend.tracing.answering import detected, reached, traced
from backend.tracing.casefile import Case, CaseFileError, case_of
from backend.tracing.engine import PlantGraph

router = APIRouter(prefix="/engine")

MOST_BYTES = 8 * 1024 * 1024
"""Of either file."""
MOST_CELLS = 3_000_000
MOST_POINTS = 1200
PER_PERSON = "20/minute"
MOST_WAITING = 4
_turn = asyncio.Semaphore(1)
_waiting = 0

_Answer = TypeVar("_Answer")


class PostedCase:
    """Readings of which the first ``normal_rows`` are known to be fault-free."""

    def __init__(
        self,
        data: Annotated[UploadFile, File()],
        normal_rows: Annotated[int, Form(ge=1)],
        topology: Annotated[UploadFile | None, File()] = None,
    ) -> None:
        self._data, self._topology, self._normal_rows = data, topology, normal_rows

    async def read(self) -> Callable[[], tuple[Case, PlantGraph]]:
        """What will read case and graph in the thread that works. Raises TooLarge and Invalid."""
        data = await _written(self._data, "data")
        topology = await _written(self._topology, "topology") if self._topology else ""
        columns = data.partition("\n")[0].count(",") + 1
        if columns > MOST_POINTS or columns * data.count("\n") > MOST_CELLS:
            raise TooLarge(N_("数据太多，请减少测点或行数"), fields={"data": N_("数据太多，请减少测点或行数")})
        return lambda: (case_of(data, "data", self._normal_rows), _graph(topology))


Posted = Annotated[PostedCase, Depends()]


@router.post("/detect", dependencies=[allow("traces.ask")])
async def detect(
    request: Request, actor: ActorDep, posted: Posted, false_alarm_rate: Annotated[float, Form(gt=0, lt=0.5)] = 0.01
) -> dict[str, Any]:
    """Score (1 is the limit) and alarm of every row."""
    read = await posted.read()

    def work() -> dict[str, Any]:
        found = detected(read()[0], false_alarm_rate)
        rows = zip(found.scores.tolist(), found.alarms.tolist(), strict=True)
        return {"rows": [{"row": n, "score": round(s, 6), "alarm": bool(a)} for n, (s, a) in enumerate(rows)]}

    return await _worked(request, actor, work)


@router.post("/trace", dependencies=[allow("traces.ask")])
async def trace(
    request: Request,
    actor: ActorDep,
    posted: Posted,
    target: Annotated[str, Form(max_length=200)] = "",
    alarm_columns: Annotated[str, Form(max_length=20_000)] = "",
) -> dict[str, Any]:
    """Root causes with their reasons, paths and units."""
    read = await posted.read()
    return await _worked(request, actor, lambda: traced(*read(), target or None, _names(alarm_columns)))


@router.post("/impact", dependencies=[allow("traces.ask")])
async def impact(
    request: Request, actor: ActorDep, posted: Posted, sources: Annotated[str, Form(alias="from", max_length=20_000)]
) -> dict[str, Any]:
    """What is reached from the points ``from`` on, and when."""
    read = await posted.read()
    return await _worked(request, actor, lambda: reached(*read(), _names(sources)))


async def _worked(request: Request, actor: Actor, work: Callable[[], _Answer]) -> _Answer:
    """``work`` done beside the event loop. Raises TooMany when somebody asks too often or too many wait."""
    global _waiting  # noqa: PLW0603 - one queue a process
    limits: RateLimits = request.app.state.limits
    if not await limits.count(PER_PERSON, "engine", str(actor.person_id)) or _waiting >= MOST_WAITING:
        raise TooMany(N_("请求太多，请过一会儿再试"))
    _waiting += 1
    try:
        async with _turn:
            return await asyncio.to_thread(work)
    except CaseFileError as refused:
        raise Invalid(fields={"data": str(refused)}) from refused
    finally:
        _waiting -= 1


async def _written(upload: UploadFile, name: str) -> str:
    data = await upload.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise TooLarge(N_("文件太大"), fields={name: N_("文件太大")})
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Invalid(fields={name: N_("文件不是 UTF-8 文本")}) from error


def _graph(written: str) -> PlantGraph:
    if not written.strip():
        return PlantGraph()
    try:
        return PlantGraph.from_topology(json.loads(written))
    except (ValueError, AttributeError) as error:
        raise CaseFileError(f"topology：不是有效的拓扑文件 / not a valid topology: {error}") from error


def _names(text: str) -> list[str]:
    return [name for name in text.split(",") if name]
