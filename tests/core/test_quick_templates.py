"""Templates draw what Jinja alone would, and escape all that people type."""

from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import Environment, StrictUndefined, UndefinedError, pass_context
from markupsafe import Markup

from backend.core.pages import icon_of
from backend.core.quick_templates import QuickEnvironment

TEMPLATE = """
{%- macro cell(value, tone="quiet", caller=None) -%}
<b class="{{ tone }}">{{ value }}{{ caller() if caller }}</b>
{%- endmacro -%}
{%- macro many() %}{% for one in varargs %}{{ one }}{% endfor %}{{ kwargs.get("last") }}{% endmacro -%}
{% set kept %}<i>{{ value }}</i>{% endset -%}
{% block part scoped %}{% for one in [value, value] %}
{{ word("a", n=one) }}{{ partly(one) }}{{ plain(one) }}{{ named(one) }}{{ cell(one, tone=loop.index) }}
{% call cell(value) %}{{ one }}{{ loop.index }}{% endcall %}{{ many(one, 1, last=value) }}
{% endfor %}{% endblock %}
{{ self.part() }}{{ kept }}{{ value ~ "<" }}{{ value|string|upper }}{{ value if value else "&" }}
"""


class Told:
    """Says itself how it is drawn."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __html__(self) -> str:
        return f"<u>{len(self._text)}</u>"

    def __str__(self) -> str:
        return self._text


class Called:
    """Called as an object."""

    def __call__(self, value: object) -> str:
        return f"[{value}]"


@pass_context
def of_context(context: Any, value: object) -> str:
    return f"{context['value']}{value}"


TEXTS = st.text(st.sampled_from("<>&'\"a{}%文"), max_size=8)
VALUES = st.one_of(TEXTS, TEXTS.map(Markup), TEXTS.map(Told), st.none(), st.integers(), st.booleans(), st.lists(TEXTS))


def _word(locale: str, text: str, **values: object) -> str:
    return f"{locale}<{text}>{values}"


def drawn(kind: type[Environment], value: object) -> str:
    environment = kind(autoescape=True, undefined=StrictUndefined)
    environment.globals |= {"word": partial(_word, "zh"), "partly": lambda v: f"<{v}>"}
    environment.globals |= {"plain": Called(), "named": of_context}
    return environment.from_string(TEMPLATE).render(value=value)


@given(VALUES)
def test_each_page_is_drawn_as_jinja_alone_would(value: object) -> None:
    assert drawn(QuickEnvironment, value) == drawn(Environment, value)


def test_an_unknown_name_is_still_an_error() -> None:
    environment = QuickEnvironment(autoescape=True, undefined=StrictUndefined)
    for template in ("{{ nobody }}", "{{ nobody() }}"):
        with pytest.raises(UndefinedError):
            environment.from_string(template).render()


def test_an_icon_s_label_is_escaped_whatever_was_drawn_before_it() -> None:
    assert 'aria-label="<b>"' in icon_of("user", Markup("<b>")), "markup stays as it is"
    assert 'aria-label="&lt;b&gt;"' in icon_of("user", "<b>")
    assert "<script" not in icon_of('"><script>')
