"""What a course holds: pages and questions in both languages. Pure."""

from typing import Any, Literal

import msgspec
from markdown_it import MarkdownIt
from markupsafe import Markup

_MARKDOWN = MarkdownIt("commonmark", {"html": False}).disable("image")
"""Tags in the text are shown as text; the library refuses ``javascript:`` and other dangerous addresses."""


class Page(msgspec.Struct, frozen=True):
    """Three minutes of reading; the texts are Markdown, ``media`` are ids of ``CourseMedia`` shown below."""

    title: str
    title_en: str
    text: str
    text_en: str
    media: list[int] = []


class Question(msgspec.Struct, frozen=True):
    """A question of the bank. ``options`` are pairs of Chinese and English; ``right`` are indices into them."""

    kind: Literal["single", "multiple", "true_false"]
    text: str
    text_en: str
    options: list[tuple[str, str]]
    right: list[int]
    why: str
    why_en: str

    def __post_init__(self) -> None:
        """Raises ValueError for a question that nobody can answer."""
        good = set(self.right)
        if len(self.options) < 2 or not good or not good <= set(range(len(self.options))):
            raise ValueError("a question needs two options and a right one among them")
        if self.kind != "multiple" and len(good) != 1:
            raise ValueError("only a question of kind multiple has several right options")


class Content(msgspec.Struct, frozen=True):
    """A version of a course: ``draw`` questions are asked, ``pass_mark`` percent of them must be right."""

    pages: list[Page]
    questions: list[Question]
    pass_mark: int
    draw: int
    valid_days: int | None = None
    """Days from passing until it must be passed again; None means for good."""

    def __post_init__(self) -> None:
        """Raises ValueError for a course without pages, or whose quiz can't be held."""
        if not self.pages or not 1 <= self.draw <= len(self.questions) or not 1 <= self.pass_mark <= 100:
            raise ValueError("a course needs pages, enough questions and a pass mark of 1 to 100")


def read_content(document: dict[str, Any]) -> Content:
    """``document`` as content. Raises ValueError (msgspec.ValidationError) when it isn't."""
    return msgspec.convert(document, Content)


def as_html(text: str) -> Markup:
    """The Markdown ``text`` as HTML that can hold no script, picture or foreign tag."""
    return Markup(_MARKDOWN.render(text))  # noqa: S704 - the library escapes every tag: html is off
