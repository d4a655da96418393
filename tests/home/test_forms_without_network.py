"""What people fill in at their work goes through the outbox: no form of it is lost in a basement."""

import re

import pytest

from backend.core.pages import TEMPLATES

AT_WORK = (
    "checkins/visit.html",
    "hazards/new.html",
    "maintenance/done.html",
    "hazards/rectification.html",
    "hazards/split.html",
    "reports/new.html",
    "reports/report.html",
)
_FORM = re.compile(r"<form\b[^>]*\bmethod=\"post\"(?:[^>]|(?<=\})>)*?>")


@pytest.mark.parametrize("template", AT_WORK)
def test_every_form_of_the_work_is_kept_before_it_is_sent(template: str) -> None:
    forms = _FORM.findall((TEMPLATES / template).read_text(encoding="utf-8"))
    assert forms
    assert [form for form in forms if "data-outbox=" not in form] == []
