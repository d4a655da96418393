"""What an administrator does while setting up: name the site, take people in, start the first round, make a label."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.checkins.commands import resume_plan
from backend.checkins.models import InspectionPlan
from backend.core.errors import N_, Invalid
from backend.identity.actor import Actor
from backend.identity.audit import record_change
from backend.identity.commands.people import create_person
from backend.identity.drafts import PersonDraft
from backend.identity.models import Person, PostHolder, Site
from backend.identity.permissions import require, visible
from backend.identity.scoping import get_visible
from backend.labels import queries as labels
from backend.labels.commands import make_labels
from backend.labels.queries import Kind, Thing
from backend.starter.setup.queries import own_site

_FIELDS = ("name", "name_en", "time_zone")
LONGEST_SITE_NAME = 60


@dataclass(frozen=True)
class OneTime:
    """Somebody new and the password to tell them, which nothing keeps."""

    person_id: int
    name: str
    account: str
    password: str


async def name_site(session: AsyncSession, actor: Actor, name: str, name_en: str, time_zone: str) -> Site:
    """Change the site's names and zone. Raises Forbidden, Invalid by field."""
    require(actor, "setup.do")
    wanted = {"name": " ".join(name.split()), "name_en": " ".join(name_en.split()), "time_zone": time_zone.strip()}
    wrong: dict[str, str] = {}
    if not wanted["name"]:
        wrong["name"] = N_("请填写厂区名称")
    wrong |= {f: N_("最多 60 个字") for f in ("name", "name_en") if len(wanted[f]) > LONGEST_SITE_NAME}
    if not _is_zone(wanted["time_zone"]):
        wrong["time_zone"] = N_("没有这个时区，例如 Asia/Shanghai")
    if wrong:
        raise Invalid(fields=wrong)
    site = await own_site(session, actor)
    change = {f: [getattr(site, f), wanted[f]] for f in _FIELDS if getattr(site, f) != wanted[f]}
    for field in change:
        setattr(site, field, wanted[field])
    if change:
        await record_change(session, actor, "setup.site", "site", site.id, change)
    return site


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


async def take_in(session: AsyncSession, actor: Actor, drafts: list[PersonDraft]) -> list[OneTime]:
    """Make everybody of a list, or nobody. Raises Forbidden, Invalid naming the account that is taken."""
    require(actor, "people.edit")
    made = []
    for draft in drafts:
        try:
            person, password = await create_person(session, actor, draft)
        except Invalid as refused:
            if "account" not in refused.fields:
                raise
            words = N_("账号 %(account)s 已被使用，请换一个")
            raise Invalid(fields={"roster": words}, account=draft.account) from None
        made.append(OneTime(person.id, person.name, person.account, password))
    return made


async def start_round(session: AsyncSession, actor: Actor, plan_id: int, person_id: int) -> InspectionPlan:
    """Let somebody hold a plan's post and ask for its visits from now on. Raises Forbidden, NotFound."""
    require(actor, "setup.do")
    plan = await get_visible(session, actor, InspectionPlan, plan_id)
    person = await get_visible(session, actor, Person, person_id)
    held = select(col(PostHolder.id)).where(
        visible(actor, PostHolder),
        col(PostHolder.post_id) == plan.post_id,
        col(PostHolder.person_id) == person.id,
        col(PostHolder.until).is_(None),
    )
    if await session.scalar(held) is None:
        session.add(PostHolder(site_id=actor.site_id, post_id=plan.post_id, person_id=person.id))
        await session.flush()
        await record_change(session, actor, "setup.hold", "person", person.id, {"posts": [None, plan.post_id]})
    return await resume_plan(session, actor, plan.id)


async def label_for(session: AsyncSession, actor: Actor, equipment_id: int) -> Thing:
    """The equipment with its label, which is made if it has none. Raises Forbidden, NotFound."""
    require(actor, "setup.do")
    named = [(Kind.EQUIPMENT, equipment_id)]
    things = await labels.things_named(session, actor, named)
    if await make_labels(session, actor, things):
        things = await labels.things_named(session, actor, named)
    return things[0]
