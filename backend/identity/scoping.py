"""One object by its id, as far as the actor may see it: the only way commands and pages load by id."""

from typing import Any, TypeVar

from sqlalchemy import BigInteger, Select, bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.errors import NotFound
from backend.core.tables import SiteScoped
from backend.identity.actor import Actor
from backend.identity.permissions import made_once, visible

_Row = TypeVar("_Row", bound=SiteScoped)
_IDS = range(1, 2**63)


async def get_visible(session: AsyncSession, actor: Actor, model: type[_Row], id_: int, *, lock: bool = False) -> _Row:
    """The row of ``model`` with this id. Raises NotFound alike when there is none and when it isn't the actor's to see.

    ``lock`` holds the row until the transaction ends and reads it anew, for commands that change it.
    """
    if id_ not in _IDS:
        raise NotFound()
    row: _Row | None = (await session.execute(_wanted(actor, model, lock), {"wanted": id_})).scalar_one_or_none()
    if row is None:
        raise NotFound()
    return row


@made_once
def _wanted(actor: Actor, model: type[SiteScoped], lock: bool) -> Select[Any]:
    key = col(model.id)  # type: ignore[attr-defined]
    wanted = select(model).where(visible(actor, model), key == bindparam("wanted", type_=BigInteger))
    if lock:
        wanted = wanted.with_for_update(of=model, key_share=True).execution_options(populate_existing=True)
    return wanted
