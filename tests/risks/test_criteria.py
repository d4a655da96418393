"""Published criteria: proposed for what reads like them, and for nothing that merely sounds like it."""

import pytest

from backend.risks.criteria import proposals, published

YES = [
    ("反应釜安全阀根部阀关闭", "huagong-2017 第十五条"),
    ("DCS 的 UPS 故障，一直没修", "huagong-2017 第十四条"),
    ("污水池清理作业没有监护，也没有检测气体", "gongmao-2023 第十三条第二项"),
    ("电焊工张某无证上岗", "gongmao-2023 第三条第二项"),
    ("打磨车间除尘器没有泄爆装置", "gongmao-2023 第十一条第三项"),
    ("木工车间梁上积尘严重", "gongmao-2023 第十一条第十项"),
    ("罐区可燃气体探测器停用两个月", "huagong-2017 第十二条"),
    ("液氨卸车还在用软管", "huagong-2017 第七条"),
    ("紧急停车按钮旁路，没有恢复", "huagong-2017 第四条"),
    ("丙类库里酸碱混放", "huagong-2017 第二十条"),
    ("动火作业未办理作业票", "huagong-2017 第十八条"),
    ("甲类车间用的是普通灯具", "huagong-2017 第十二条"),
]
NO = [
    "安全阀铅封完好，已投用",
    "反应釜保温层破损",
    "地面有油渍，容易滑倒",
    "灭火器过期",
    "是否有监护人？污水池作业前请确认",
    "防爆区内灯罩有灰尘",
    "安全帽没有系好",
    "电工值班室没有空调",
    "动火作业票已办理，监护人在场",
    "除尘器每周清理一次，没有积尘",
    "建议增加一个气体报警器的备件",
    "联锁旁路审批手续齐全，旁路已审批",
    "",
]


@pytest.mark.parametrize(("said", "wanted"), YES)
def test_a_hazard_that_meets_a_criterion_is_proposed_with_its_source(said: str, wanted: str) -> None:
    found = {f"{one.document.code} {one.criterion.at}": one for one in proposals("", said)}
    assert wanted in found
    assert found[wanted].because


@pytest.mark.parametrize("said", NO)
def test_others_are_left_alone(said: str) -> None:
    assert proposals(said) == []


def test_words_of_two_sentences_don_t_make_one_hazard() -> None:
    assert proposals("有限空间台账齐全。食堂门口没有监护") == []


def test_every_criterion_cites_its_document_in_both_languages() -> None:
    documents, criteria = published()
    assert len(criteria) >= 20
    for one in criteria:
        assert one.document in documents and one.words and one.words_en and one.at and one.at_en
        assert all(group and all(group) for rule in one.rules for group in rule)
