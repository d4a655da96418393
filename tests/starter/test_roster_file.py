"""A list of people as a file from Excel or WPS."""

import io
from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook
from sqlalchemy import func, select

from backend.core.database import Database
from backend.core.errors import Invalid
from backend.identity.models import Person, Role
from backend.starter.setup.roster import MOST_LINES, Known, read_roster
from backend.starter.setup.roster_file import MOST_BYTES, read_roster_file
from tests.factories import make_person, make_site
from tests.webclient import running_app, signed_in

KNOWN = Known({"冲压班": 1}, {"冲压工": 2, "焊工": 3})
NAMES = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=12)


def workbook(*sheets: Sequence[Sequence[Any]]) -> bytes:
    book = Workbook(write_only=True)
    for rows in sheets:
        sheet = book.create_sheet()
        for row in rows:
            sheet.append(list(row))
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def test_a_personnel_department_s_table_with_a_title_and_columns_of_its_own() -> None:
    table = [
        ["第一机械厂花名册"],
        [],
        ["序号", "工号", "姓名", "入厂日期", "班组", "岗位", "手机号", "角色"],
        [1, "wangjg", "王建国", date(2019, 3, 1), "冲压班", "冲压工、焊工", 13800000001, "班组长"],
        [2, None, "李 芳", None, "冲压班", None, 13800000002, None],
    ]
    first, second = read_roster(read_roster_file(workbook([], table)), KNOWN)
    assert (first.name, first.account, first.role, first.team_id) == ("王建国", "wangjg", Role.LEADER, 1)
    assert first.post_ids == {2, 3} and first.phone == "13800000001"
    assert (second.name, second.account, second.role) == ("李 芳", "13800000002", Role.WORKER)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_text_file_as_windows_writes_it(encoding: str) -> None:
    (one,) = read_roster(read_roster_file("姓名，账号\r\n王建国，wangjg\r\n\r\n".encode(encoding)), KNOWN)
    assert (one.name, one.account) == ("王建国", "wangjg")


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "没有找到人员"),
        (workbook([], [[None, " "]]), "没有找到人员"),
        (b"PK\x03\x04 cut off", "打不开"),
        (b"\xff\xd8\xff\xe0 a picture", "打不开"),
        ("姓名".encode("utf-16"), "打不开"),
        (b"x" * (MOST_BYTES + 1), "太大"),
        (workbook([["姓名"], *([f"人{n}"] for n in range(MOST_LINES + 1))]), "太长"),
    ],
)
def test_what_can_t_be_taken_says_what_to_do(data: bytes, says: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_roster_file(data)
    assert says in refused.value.fields["file"]


@given(
    st.lists(
        st.tuples(NAMES, st.from_regex(r"[a-z]{3,12}", fullmatch=True)),
        min_size=1,
        max_size=8,
        unique_by=lambda p: p[1],
    )
)
def test_people_come_out_of_a_table_as_they_went_in(people: list[tuple[str, str]]) -> None:
    rows = [["账号", "备注", "姓名"], *([account, "=1+1", name] for name, account in people)]
    drafts = read_roster(read_roster_file(workbook(rows)), KNOWN)
    assert [(draft.name, draft.account) for draft in drafts] == people


async def test_its_lines_come_into_the_form_and_nobody_is_made(database_url: str, redis_url: str) -> None:
    database = Database(database_url)
    async with database.session() as session:
        admin = await make_person(session, await make_site(session), role=Role.ADMIN)
    file = workbook([["姓名", "账号"], ["<王>", "wangjg"]])
    async with running_app(database_url, redis_url) as app, signed_in(app, admin) as browser:
        shown = await browser.post("/setup/people/file", files={"file": ("花名册.xlsx", file)})
        assert shown.status_code == 200 and "&lt;王&gt;\twangjg" in shown.text and "已读出 2 行" in shown.text
        old = {"file": ("花名册.xls", b"\xd0\xcf\x11\xe0")}
        refused = await browser.post("/setup/people/file", files=old, data={"roster": "李四,lisi"})
        assert refused.status_code == 422 and "另存为 .xlsx" in refused.text
        assert "李四,lisi" in refused.text, "what was pasted stays"
    async with database.session(site_id=admin.site_id) as session:
        assert await session.scalar(select(func.count()).select_from(Person)) == 1
    await database.close()
