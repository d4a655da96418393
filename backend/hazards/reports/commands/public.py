"""Reports of people without a sign-in, by a link that an administrator opens and closes for the site.

The link's key is a long random word: who has it may send a report and see nothing. While the site lets the public
report, the token of each of its labels does the same and says the place too. What comes in is marked anonymous and
waits for a leader like any other; photos are fewer, and one address sends only so many.
"""

import secrets
from dataclasses import dataclass, replace

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.database import narrow_to_site
from backend.core.errors import N_, Invalid, NotFound, TooMany
from backend.core.ratelimit import RateLimits
from backend.hazards.numbering import next_number
from backend.hazards.reports import queries
from backend.hazards.reports.commands.sending import write_report
from backend.hazards.reports.draft import ReportDraft
from backend.hazards.reports.models import HazardReport, Origin, PublicLink
from backend.hazards.reports.queries import Spot
from backend.identity.actor import Actor
from backend.identity.audit import record_change
from backend.identity.models import Role, Site
from backend.identity.permissions import require, system_query, visible
from backend.labels.queries import label_anywhere

MOST_PHOTOS = 3
BY_ADDRESS = "5/10 minute"
BY_SITE = "60/1 hour"


async def link(session: AsyncSession, actor: Actor) -> PublicLink | None:
    """The site's open link; None while it has none."""
    found = await session.execute(select(PublicLink).where(visible(actor, PublicLink)))
    return found.scalar_one_or_none()


async def open_link(session: AsyncSession, actor: Actor) -> PublicLink:
    """Let the public report, under a new address; an earlier one ends. Raises Forbidden."""
    require(actor, "reports.open_to_public")
    await _end(session, actor)
    opened = PublicLink(site_id=actor.site_id, key=secrets.token_urlsafe(24), opened_by=actor.person_id)
    session.add(opened)
    await session.flush()
    await record_change(session, actor, "report.open_public", "public_report_link", opened.id)
    return opened


async def close_link(session: AsyncSession, actor: Actor) -> None:
    """End the link; does nothing when there is none. Raises Forbidden."""
    require(actor, "reports.open_to_public")
    ended = await _end(session, actor)
    if ended is not None:
        await record_change(session, actor, "report.close_public", "public_report_link", ended)


async def _end(session: AsyncSession, actor: Actor) -> int | None:
    known = await link(session, actor)
    if known is None:
        return None
    await session.delete(known)
    await session.flush()
    return known.id


@dataclass(frozen=True)
class Visit:
    """Nobody in particular at a site, and where they stand when they came by a label."""

    nobody: Actor
    here: Spot


async def visit(session: AsyncSession, key: str, address: str) -> Visit:
    """Whom a public address leads in: ``key`` is that of a site's link, or the token of a label of such a site.

    Narrows the session to the site. Raises NotFound for any other key, and when the site lets nobody report.
    """
    label = await label_anywhere(session, key)
    site = await (_open_site(session, label.site_id) if label else _site(session, key))
    if site is None:
        raise NotFound()
    narrow_to_site(session, site.id)
    nobody = _nobody(site, address)
    return Visit(nobody, await queries.spot(session, nobody, label.equipment_id, label.area_id) if label else Spot())


def _nobody(site: Site, address: str) -> Actor:
    return Actor(
        0,
        site.id,
        Role.WORKER,
        "",
        time_zone=site.time_zone,
        site_name=site.name,
        site_name_en=site.name_en,
        address=address,
    )


@system_query("a key in a public address says which site it belongs to")
async def _site(session: AsyncSession, key: str) -> Site | None:
    found = await session.execute(
        select(Site).join(PublicLink, col(PublicLink.site_id) == col(Site.id)).where(col(PublicLink.key) == key)
    )
    return found.scalar_one_or_none()


@system_query("the label in a public address says which site it belongs to")
async def _open_site(session: AsyncSession, site_id: int) -> Site | None:
    found = await session.execute(
        select(Site).join(PublicLink, col(PublicLink.site_id) == col(Site.id)).where(col(Site.id) == site_id)
    )
    return found.scalar_one_or_none()


async def count_try(limits: RateLimits, nobody: Actor) -> None:
    """Count one sending of this address and for this site. Raises TooMany."""
    of_address = await limits.count(BY_ADDRESS, "public-report", nobody.address)
    if not of_address or not await limits.count(BY_SITE, "public-report-site", str(nobody.site_id)):
        raise TooMany(N_("上报太频繁，请过十分钟再试；紧急情况请直接打电话"))


async def report_publicly(session: AsyncSession, came: Visit, draft: ReportDraft) -> HazardReport:
    """Report as nobody in particular. A form sent twice arrives once. Raises Invalid (by field)."""
    nobody, draft = came.nobody, _as_nobody(came, draft.tidied())
    if len(draft.idempotency_key) < 16:
        raise Invalid(N_("提交编号无效，请刷新页面后重试"))
    if len(draft.pictures) > MOST_PHOTOS:
        words = N_("一次最多上传 %(most)s 张照片")
        raise Invalid(words, fields={"photos": words}, most=MOST_PHOTOS)
    # its lock lets one at a time look whether the form is known
    await next_number(session, nobody.site_id, nobody.zone, HazardReport, "SB")
    known = await _known(session, nobody.site_id, draft.idempotency_key)
    return known or await write_report(session, nobody, draft)


def _as_nobody(came: Visit, draft: ReportDraft) -> ReportDraft:
    """The draft with what a stranger may say: at a label its place and no other, else at most an area."""
    thing, area = came.here.equipment, came.here.area
    return replace(
        draft,
        equipment_id=thing.id if thing else None,
        area_id=area.id if area else draft.area_id,
        origin=Origin.PUBLIC,
        origin_id=None,
        joins=None,
        level="",
        title="",
    )


@system_query("an anonymous form that comes again is known by its own number, whatever was decided on it")
async def _known(session: AsyncSession, site_id: int, key: str) -> HazardReport | None:
    found = await session.execute(
        select(HazardReport).where(col(HazardReport.site_id) == site_id, col(HazardReport.public_key) == key)
    )
    return found.scalar_one_or_none()
