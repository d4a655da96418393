"""Records of an incident that suggestions rest on: duties not done, and what was done about it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.errors import N_
from backend.core.i18n import translate
from backend.identity.actor import Actor
from backend.identity.permissions import visible
from backend.incidents.models import Deed, Disposal
from backend.incidents.review.models import Lapse, LapseKind
from backend.incidents.review.wording import LAPSES
from backend.incidents.wording import DEEDS

SORTS = {
    "incident": N_("事件记录"),
    "alarm": N_("预警记录"),
    "report": N_("隐患"),
    "rectification": N_("整改记录"),
    "lapse": N_("履职缺口"),
    "disposal": N_("处置"),
    "risk_point": N_("风险点"),
    "plan": N_("巡检计划"),
    "maintenance": N_("保养计划"),
}
"""What a record is, by how its ref begins."""


@dataclass(frozen=True)
class Row:
    """A record that a pattern or suggestion rests on; ``level`` empty where it has none."""

    ref: str
    url: str
    number: str
    name: str
    name_en: str
    level: str
    at: datetime

    @property
    def sort(self) -> str:
        """What it is, to be translated."""
        return SORTS[self.ref.partition(":")[0]]


async def lapses(session: AsyncSession, actor: Actor, ids: list[int]) -> list[Row]:
    """Duties not done, as far as the actor may see them."""
    rows = await session.scalars(select(Lapse).where(visible(actor, Lapse), col(Lapse.id).in_(ids)))
    return [_lapse(one) for one in rows]


async def disposals(session: AsyncSession, actor: Actor, ids: list[int]) -> list[Row]:
    """Lines of an incident's log."""
    rows = await session.scalars(select(Disposal).where(visible(actor, Disposal), col(Disposal.id).in_(ids)))
    return [_disposal(one) for one in rows]


def _lapse(one: Lapse) -> Row:
    words = LAPSES[LapseKind(one.kind)]
    name = "：".join(filter(None, (translate("zh_CN", words), one.title)))
    name_en = ": ".join(filter(None, (translate("en", words), one.title_en or one.title)))
    url = f"/incidents/{one.incident_id}/duties#lapse-{one.id}"
    return Row(f"lapse:{one.id}", url, "", name, name_en, "", one.due_at)


def _disposal(one: Disposal) -> Row:
    words = DEEDS[Deed(one.kind)]
    name = "：".join(filter(None, (translate("zh_CN", words), one.words)))
    name_en = ": ".join(filter(None, (translate("en", words), one.words)))
    return Row(f"disposal:{one.id}", f"/incidents/{one.incident_id}#incident-log", "", name, name_en, "", one.at)
