"""``ansu demo``: fill an empty database with the demo site, so that there is something to look at.

Idempotent: a database that has a site is left alone. The accounts are written to ``demo-accounts.json`` in
the data folder, where ``ansu up`` reads them.
"""

import argparse
import asyncio
import json
from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.database import Database
from backend.core.settings import Settings, settings
from backend.embedded.folder import write_private
from backend.embedded.refusals import Refusal
from backend.identity.passwords import hash_password
from backend.identity.permissions import system_query
from backend.starter.history import store_history, store_normal
from backend.starter.install import install_pack
from backend.starter.living import live_through
from backend.starter.pack import PACKS, Pack, PackError, read_pack
from backend.starter.runs import read_run
from backend.supervisor.console import say

ACCOUNTS_FILE = "demo-accounts.json"
DEMO_PACK = "tep"
_LOCK = 0x616E7364
"""Advisory lock: two loads at once make one site."""
_ROLES = {
    "worker": "一线员工 worker",
    "leader": "班组长 leader",
    "manager": "管理人员 manager",
    "safety_officer": "安全员 safety officer",
    "admin": "系统管理员 admin",
}


def load(argv: Sequence[str]) -> int:
    """``ansu demo [--reset-passwords]``; gives the exit code. Raises a Refusal for a pack that can't be read."""
    parser = argparse.ArgumentParser(prog="ansu demo", description="装入演示厂区 / load the demo site")
    parser.add_argument(
        "--reset-passwords",
        action="store_true",
        help="把演示人员的密码恢复为 ANSU_DEMO_PASSWORD / set the sample people's password again",
    )
    arguments = parser.parse_args(argv)
    try:
        pack = read_pack(PACKS / DEMO_PACK)
    except PackError as error:
        raise Refusal(f"行业模板无法使用：{error}", f"The starter pack can't be used: {error}") from error
    say(asyncio.run(_load(pack, settings(), reset_passwords=arguments.reset_passwords)))
    return 0


async def _load(pack: Pack, configured: Settings, *, reset_passwords: bool) -> str:
    database = Database(configured.database_url, pool_size=1)
    try:
        async with database.session() as session:
            said = await load_demo(session, pack, configured.demo_password, reset_passwords=reset_passwords)
    finally:
        await database.close()
    if said is None:
        return "数据库里已有厂区，未做改动 / There is a site already; nothing was changed"
    write_accounts(pack, configured)
    return said


async def load_demo(session: AsyncSession, pack: Pack, password: str, *, reset_passwords: bool = False) -> str | None:
    """Install ``pack`` with its people, learned normal, an incident behind it and a day of history. The caller commits.

    Gives what was done in words, or None when the database has a site and nothing was to be done.
    """
    await session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    if await _has_site(session):
        return await _reset_passwords(session, password) if reset_passwords else None
    site_id = await install_pack(session, pack, password_hash=await hash_password(password))
    run = await asyncio.to_thread(read_run, PACKS / pack.code, pack, 0)
    await store_normal(session, site_id, pack, run)
    await live_through(session, site_id, pack, run)
    readings = await store_history(session, site_id, pack, run)
    return (
        f"已装入{pack.site.name}：{len(pack.equipment)} 台设备，{len(pack.points)} 个测点，{readings} 条历史读数\n"
        f"Loaded {pack.site.name_en}: {len(pack.equipment)} equipment, {len(pack.points)} points, {readings} readings"
    )


def write_accounts(pack: Pack, configured: Settings) -> None:
    """Write the sample people's accounts with their password, readable by the owner only."""
    accounts = [
        {
            "account": person.account,
            "role": _ROLES[person.role],
            "name": person.name,
            "name_en": person.name_en,
            "password": configured.demo_password,
        }
        for person in pack.people
    ]
    configured.data_dir.mkdir(parents=True, exist_ok=True)
    write_private(configured.data_dir / ACCOUNTS_FILE, json.dumps(accounts, ensure_ascii=False, indent=1))


@system_query("whether the database is new is asked on behalf of no person")
async def _has_site(session: AsyncSession) -> bool:
    return bool((await session.execute(text("SELECT EXISTS (SELECT FROM site)"))).scalar_one())


@system_query("only sample people's passwords are reset, from the console")
async def _reset_passwords(session: AsyncSession, password: str) -> str:
    found = await session.execute(
        text("UPDATE person SET password_hash = :hash WHERE sample RETURNING account"),
        {"hash": await hash_password(password)},
    )
    count = len(found.all())
    return f"已恢复 {count} 个演示账户的密码 / Reset the password of {count} demo accounts"
