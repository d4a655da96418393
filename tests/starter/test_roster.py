"""A pasted list of people."""

import pytest

from backend.core.errors import Invalid
from backend.identity.models import Role
from backend.starter.setup.roster import MOST_LINES, Known, read_roster
from backend.starter.setup.steps import Has, next_step, steps

KNOWN = Known({"一班": 1, "team one": 1}, {"焊工": 2, "冲压工": 3})


def test_a_table_from_excel_with_headings_in_any_order() -> None:
    (one,) = read_roster("岗位\t姓名\t手机\n焊工、冲压工\t王建国\t138 0013 8000", KNOWN)
    assert (one.name, one.account, one.role, one.post_ids) == ("王建国", "13800138000", Role.WORKER, {2, 3})


def test_lines_with_commas_of_either_kind_and_no_headings() -> None:
    found = read_roster("王建国,wangjg\n\n陈志强，chenzq，班组长，一班", KNOWN)
    assert [(one.account, one.role, one.team_id) for one in found] == [
        ("wangjg", Role.WORKER, None),
        ("chenzq", Role.LEADER, 1),
    ]


@pytest.mark.parametrize(
    ("pasted", "where"),
    [
        ("", "roster"),
        ("王建国,wangjg\n李四,x", "line_2"),
        ("王建国,wangjg,神仙", "line_1"),
        ("王建国,wangjg,工人,九班", "line_1"),
        ("王建国,wangjg,工人,一班,厨师", "line_1"),
        ("王,same\n李,same", "roster"),
        ("\n".join(f"王,user{n}" for n in range(MOST_LINES + 1)), "roster"),
        ("王" * 50_000, "roster"),
    ],
)
def test_what_is_wrong_is_said_by_line(pasted: str, where: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_roster(pasted, KNOWN)
    assert list(refused.value.fields) == [where]


def test_the_next_step_is_the_first_open_one_behind_the_one_that_was_left() -> None:
    listed = steps(Has(equipment=3, areas=1, people=0, labels=0, plans=1, check_ins=0))
    assert [step.key for step in listed if step.done] == ["site", "pack", "plan"]
    following = [next_step(listed, after) for after in ("", "people", "labels", "first", "nonsense")]
    assert [step.key for step in following if step] == ["people", "labels", "first", "people", "people"]
