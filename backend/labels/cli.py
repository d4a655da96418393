"""``ansu labels``: the label sheets of a site as a PDF, for who prints hundreds before the phones are handed out."""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.database import Database
from backend.core.settings import settings
from backend.embedded.refusals import Refusal
from backend.identity.actor import Actor
from backend.identity.models import Role, Site
from backend.identity.permissions import system_query
from backend.labels import commands, queries
from backend.labels.forms import phones_can_open
from backend.labels.printing import Print, pdf_of
from backend.labels.queries import Kind, Wanted
from backend.labels.sheets import LAYOUTS
from backend.plant.models import Area

_CONSOLE = 0
"""Nobody's id: the console has no account."""


def main(argv: Sequence[str]) -> int:
    """``ansu labels --site CODE --out FILE``; gives the exit code. Raises a Refusal in words for what can't be done."""
    parser = argparse.ArgumentParser(
        prog="ansu labels",
        description="打印设备和区域的标签，没有标签的现在制作 / print labels, made where there is none",
    )
    parser.add_argument("--site", required=True, help="厂区代码 / site code")
    parser.add_argument("--out", required=True, type=Path, help="PDF 文件 / PDF file to write")
    parser.add_argument("--layout", choices=sorted(LAYOUTS), default="a4", help="纸张 / paper (a4)")
    parser.add_argument("--kind", choices=[kind.value for kind in Kind], help="只打印设备或区域 / only these")
    parser.add_argument("--area", help="只打印此区域（代码）/ only this area, by code")
    parser.add_argument("--new", action="store_true", help="只打印还没有标签的 / only what has no label yet")
    parser.add_argument("--url", default="", help="手机打开的网址 / address that phones open (ANSU_PUBLIC_URL)")
    parser.add_argument("--language", choices=("zh", "en"), default="zh", help="语言 / language (zh)")
    wanted = parser.parse_args(argv)
    base = (wanted.url or settings().public_url).rstrip("/")
    if not base.startswith(("http://", "https://")):
        raise Refusal(
            "请用 --url 写明手机打开的网址，例如 https://192.168.1.20:8471",
            "Please name the address that phones open with --url, e.g. https://192.168.1.20:8471",
        )
    count, pdf = asyncio.run(_run(wanted, base))
    try:
        wanted.out.write_bytes(pdf)
    except OSError as error:
        raise Refusal(
            f"无法写入 {wanted.out}：{error.strerror}", f"Can't write {wanted.out}: {error.strerror}"
        ) from None
    sys.stdout.write(f"{wanted.out}: {count} 个标签 / labels, {base}\n")
    if not phones_can_open(base):
        sys.stdout.write(
            "此网址别的手机打不开，请用 --url 指定 / Other phones can't open this address; name one with --url\n"
        )
    return 0


async def _run(wanted: argparse.Namespace, base: str) -> tuple[int, bytes]:
    database = Database(settings().database_url, pool_size=1)
    try:
        async with database.session() as session:
            return await _printed(session, wanted, base)
    finally:
        await database.close()


@system_query("the console names the site whose labels it prints")
async def _printed(session: AsyncSession, wanted: argparse.Namespace, base: str) -> tuple[int, bytes]:
    site = await session.scalar(select(Site).where(col(Site.code) == wanted.site))
    if site is None:
        raise Refusal(f"没有厂区 {wanted.site}", f"There is no site {wanted.site}")
    area_id = None
    if wanted.area:
        area_id = await session.scalar(
            select(col(Area.id)).where(col(Area.site_id) == site.id, col(Area.code) == wanted.area)
        )
        if area_id is None:
            raise Refusal(f"厂区 {wanted.site} 没有区域 {wanted.area}", f"Site {wanted.site} has no area {wanted.area}")
    reader = Actor(_CONSOLE, site.id, Role.ADMIN, "")
    asked = Wanted(Kind(wanted.kind) if wanted.kind else None, area_id, False if wanted.new else None)
    things = await queries.things(session, reader, asked)
    await commands.make_labels_at_console(session, site.id, things)
    things = await queries.things_named(session, reader, [(thing.kind, thing.id) for thing in things])
    how = Print(wanted.layout, base, (site.name, site.name_en), english=wanted.language == "en")
    if not things:
        raise Refusal("没有可打印的设备或区域", "There is nothing to print")
    return len(things), await pdf_of(things, how, most=len(things))
