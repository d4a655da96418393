"""All templates can be compiled, in every language."""

import pytest

from backend.core.i18n import LOCALES
from backend.core.pages import environment_of


@pytest.mark.parametrize("locale", LOCALES)
def test_every_template_compiles(locale: str) -> None:
    environment = environment_of(locale)
    names = environment.list_templates(extensions=["html"])
    assert "base.html" in names
    for name in names:
        environment.get_template(name)
