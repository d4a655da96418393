"""Duties not done as a section of a printed report, as far as its reader may see them. Pure."""

from backend.core.errors import N_
from backend.incidents.review.blocks import Reader, Said, Section, Table
from backend.incidents.review.queries import Duties, LapseView
from backend.incidents.review.wording import LAPSES


def tell_duties(found: Duties, reader: Reader) -> Section:
    """One row a duty, with what the person said to it."""
    title = reader.say(N_("履职记录"))
    caution = Said(reader.say(N_("系统里的记录，不是结论")))
    if not found.views:
        nothing = N_("没有查到未履职的记录") if found.sees_all else N_("没有涉及您的记录")
        return Section("duties", title, [Said(reader.say(nothing))])
    heads = [reader.say(one) for one in (N_("什么"), N_("内容"), N_("谁"), N_("期限"), N_("晚了多久"), N_("本人说明"))]
    return Section("duties", title, [caution, Table(heads, [_row(view, reader) for view in found.views])])


def _row(view: LapseView, reader: Reader) -> list[Said]:
    one = view.lapse
    return [
        Said(reader.say(LAPSES[one.kind])),  # type: ignore[index]
        Said(reader.name({"zh": one.title, "en": one.title_en}), own=not one.title_en, url=one.url),
        Said(reader.name({"zh": view.person.name, "en": view.person.name_en}) if view.person else "—"),
        Said(reader.at(one.due_at.isoformat())),
        Said(reader.lasting(view.late_s)),
        Said("\n".join(said.words for said in view.replies) or "—", own=bool(view.replies)),
    ]
