"""``ansu site``: a site of one's own with its first administrator, who makes everything else by the pages.

The one-time password is printed once and kept nowhere. A lost administrator's access is given back by ``--reset``.
"""

import argparse
import asyncio
import re
from collections.abc import Sequence
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.database import Database
from backend.core.errors import Invalid
from backend.core.settings import settings
from backend.embedded.refusals import Refusal
from backend.identity.drafts import PersonDraft
from backend.identity.models import AuditEntry, Person, Role, Site
from backend.identity.passwords import hash_password, one_time_password
from backend.identity.permissions import system_query
from backend.identity.sessions import revoke
from backend.starter.courses import install_courses
from backend.supervisor.console import say

_CODE = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")


def main(argv: Sequence[str]) -> int:
    """``ansu site CODE …``; gives the exit code. Raises a Refusal in words for what can't be done."""
    parser = argparse.ArgumentParser(
        prog="ansu site", description="新建厂区和首位管理员 / make a site and its first admin"
    )
    parser.add_argument("code", help="厂区代码，出现在 MQTT 主题中 / site code, stands in MQTT topics: a-z 0-9 -")
    parser.add_argument("--name", help="厂区名称 / name of the site")
    parser.add_argument("--name-en", default="", help="英文名称 / English name")
    parser.add_argument("--time-zone", default="Asia/Shanghai", help="时区 / time zone (Asia/Shanghai)")
    parser.add_argument("--admin", required=True, help="管理员账号 / account of the administrator")
    parser.add_argument("--admin-name", default="", help="管理员姓名 / name of the administrator")
    parser.add_argument(
        "--reset", action="store_true", help="重置该管理员的密码 / give that administrator a new password"
    )
    wanted = parser.parse_args(argv)
    say(asyncio.run(_run(wanted)))
    return 0


async def _run(wanted: argparse.Namespace) -> str:
    database = Database(settings().database_url, pool_size=1)
    try:
        async with database.session() as session:
            if wanted.reset:
                password = await reset_administrator(session, wanted.code, wanted.admin)
            else:
                password = await found_site(
                    session,
                    Site(code=wanted.code, name=wanted.name or "", name_en=wanted.name_en, time_zone=wanted.time_zone),
                    PersonDraft(name=wanted.admin_name or wanted.admin, role=Role.ADMIN, account=wanted.admin),
                )
    finally:
        await database.close()
    return (
        f"管理员 {wanted.admin} 的一次性密码，首次登录后须修改 / one-time password, to be changed at the first sign-in:"
        f"\n{password}"
    )


async def found_site(session: AsyncSession, site: Site, draft: PersonDraft) -> str:
    """Make ``site`` and its administrator; gives the one-time password. Raises a Refusal; the caller commits."""
    _check(site)
    try:
        admin = draft.checked(new=True)
    except Invalid as refused:
        raise Refusal(
            "账号或姓名不符合要求：" + "；".join(refused.fields.values()), "Account or name can't be used"
        ) from None
    password = one_time_password()
    try:
        session.add(site)
        await session.flush()
        person = Person(
            site_id=site.id,
            account=admin.account,
            name=admin.name,
            role=Role.ADMIN,
            password_hash=await hash_password(password),
            must_change_password=True,
        )
        session.add(person)
        await session.flush()
    except IntegrityError as error:
        raise Refusal("厂区代码或账号已被使用", "The site's code or the account is taken") from error
    await install_courses(session, site.id)
    _note(session, site.id, "person.create", person)
    return password


@system_query("the console gives a lost administrator's access back, whose site it is")
async def reset_administrator(session: AsyncSession, code: str, account: str) -> str:
    """A new one-time password for an administrator, signed out everywhere. Raises a Refusal when there is none."""
    found = select(Person).join(Site, col(Site.id) == col(Person.site_id))
    person = await session.scalar(
        found.where(col(Site.code) == code, col(Person.account) == account, col(Person.role) == Role.ADMIN)
    )
    if person is None:
        raise Refusal(f"厂区 {code} 没有管理员 {account}", f"Site {code} has no administrator {account}")
    password = one_time_password()
    person.password_hash, person.must_change_password, person.active = await hash_password(password), True, True
    await revoke(session, person_id=person.id)
    _note(session, person.site_id, "person.reset_password", person)
    return password


def _check(site: Site) -> None:
    if not _CODE.fullmatch(site.code):
        raise Refusal(
            "厂区代码只能用小写字母、数字和短横线，最多 32 位",
            "A site's code takes small letters, digits and hyphens, 32 at most",
        )
    if not site.name.strip():
        raise Refusal("请用 --name 写明厂区名称", "Please name the site with --name")
    try:
        ZoneInfo(site.time_zone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise Refusal(f"没有时区 {site.time_zone}", f"There is no time zone {site.time_zone}") from error


def _note(session: AsyncSession, site_id: int, action: str, person: Person) -> None:
    """An audit entry without an actor: the console has no account."""
    session.add(
        AuditEntry(site_id=site_id, actor_id=None, action=action, object_type="person", object_id=person.id, change={})
    )
