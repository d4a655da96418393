"""What the rule form says beside its fields."""

import pytest

from backend.alarms.drafts import RuleDraft, draft_from_form, form_of
from backend.core.errors import Invalid

FORM = {
    "kind": "threshold",
    "name": "反应器压力",
    "point_id": "7",
    "level": "general",
    "limit_H": "2900",
    "limit_HH": "2950",
    "level_HH": "major",
    "deadband": "10",
    "on_delay_s": "5",
    "enabled": "on",
}


def faults(**changed: str) -> dict[str, str]:
    with pytest.raises(Invalid) as refused:
        draft_from_form(FORM | changed).checked()
    return refused.value.fields


def test_a_complete_form_is_a_rule_and_shows_again_as_written() -> None:
    draft = draft_from_form(FORM).checked()
    assert draft.parameters == {
        "limits": {"H": {"value": 2900.0, "level": ""}, "HH": {"value": 2950.0, "level": "major"}}
    }
    assert {name: form_of(draft)[name] for name in FORM} == FORM


def test_numbers_may_be_typed_with_a_chinese_keyboard() -> None:
    assert draft_from_form(FORM | {"limit_H": "2900，5"}).parameters["limits"]["H"]["value"] == 2900.5


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"limit_HH": "2800"}, "limit_HH"),
        ({"limit_H": "", "limit_HH": ""}, "limits"),
        ({"limit_H": "很高"}, "limit_H"),
        ({"deadband": "-1"}, "deadband"),
        ({"limit_L": "2890", "deadband": "20"}, "deadband"),
        ({"on_delay_s": "90000"}, "on_delay_s"),
        ({"name": " "}, "name"),
        ({"point_id": ""}, "point_id"),
        ({"level": "huge"}, "level"),
        ({"kind": "magic"}, "kind"),
        ({"kind": "rate", "per_minute": "0"}, "per_minute"),
        ({"kind": "rate", "per_minute": "5", "window_s": "1"}, "window_s"),
        ({"kind": "silence", "after_s": "1"}, "after_s"),
        ({"kind": "deviation", "false_alarm_rate": "0.9"}, "false_alarm_rate"),
    ],
)
def test_what_cannot_be_judged_by_is_named_beside_its_field(changed: dict[str, str], field: str) -> None:
    assert field in faults(**changed)


def test_a_deviation_rule_needs_no_point() -> None:
    draft = RuleDraft(kind="deviation", name="多变量", parameters={}).checked()
    assert draft.parameters == {"limit": 1.0, "false_alarm_rate": 0.01, "max_age_s": 600.0}
