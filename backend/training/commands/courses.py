"""Writing courses: a new one, or the next version of one."""

import secrets

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.errors import N_, Conflict, Invalid
from backend.identity.actor import Actor
from backend.identity.audit import record_change
from backend.identity.permissions import require
from backend.training import queries
from backend.training.content import Content
from backend.training.models import Course, CourseVersion


async def save_course(
    session: AsyncSession,
    actor: Actor,
    course_id: int | None,
    title: str,
    title_en: str,
    content: Content,
    *,
    version: int | None = None,
) -> Course:
    """Make a course, or publish ``content`` as the next version of ``course_id``; open tries keep theirs.

    ``version`` is the one that was changed. Raises Forbidden, NotFound, Invalid without a title, Conflict when
    somebody has published another meanwhile.
    """
    require(actor, "training.assign")
    title = " ".join(title.split())
    if not title:
        raise Invalid(fields={"title": N_("请填写课程名称")})
    if course_id is None:
        course = Course(site_id=actor.site_id, code=secrets.token_hex(6), title=title, title_en=title_en.strip())
        session.add(course)
    else:
        course = await queries.locked_course(session, actor, course_id)
        if version is not None and version != course.version:
            words = N_("别人刚发布了第 %(version)s 版。您写的都还在；再按“发布”将以您的为准")
            raise Conflict(words, version=course.version)
        course.version += 1
        course.title, course.title_en = title, title_en.strip()
    await session.flush()
    written = CourseVersion(
        site_id=actor.site_id, course_id=course.id, number=course.version, content=msgspec.to_builtins(content)
    )
    session.add(written)
    change = {"version": [course.version - 1 or None, course.version], "title": [None, title]}
    await record_change(session, actor, "training.publish", "course", course.id, change)
    await session.flush()
    return course
