"""A page made once for many: each gets their own token and keys, nobody another's, and changes are seen at once."""

import json
import re
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest
from fastapi import FastAPI, Request, Response
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col
from starlette.responses import HTMLResponse

from backend.core.database import Database
from backend.core.events import record_event
from backend.core.form_keys import form_key
from backend.core.kept import Kept, kept_of
from backend.core.routing import APIRouter
from backend.identity.actor import Actor
from backend.identity.alike import FRESH_S, alike
from backend.identity.models import LoginSession, Person, Post, Role, Site
from backend.identity.permissions import made_once, visible
from backend.identity.presence import Noted
from backend.identity.web import ActorDep, SessionDep, allow
from tests.factories import hold_post, make_person, make_post, make_site, make_team
from tests.webclient import signed_in

router = APIRouter()
made: list[str] = []
SAID = re.compile(r"person (\S+) token (\S+) keys (\S+) (\S+) says (.*)")


@router.get("/board", dependencies=[allow("")])
@alike
async def board(request: Request, session: SessionDep, actor: ActorDep, words: str = "") -> Response:
    """What anybody of the site sees, with the words that are asked for."""
    made.append(words)
    people = (await session.scalars(select(col(Person.name)).where(visible(actor, Person)))).all()
    said = f"{words} {sorted(people)}"
    return HTMLResponse(
        f"person {actor.person_id} token {actor.csrf_token} keys {form_key()} {form_key()} says {said}",
        headers={"X-Words": "kept"},
    )


def _compared(actor: Actor, everybody: list[int]) -> Any:
    return [id_ for id_ in everybody if id_ == actor.person_id]


def _differing(actor: Actor, everybody: list[int]) -> Any:
    others = [id_ for id_ in everybody if actor.person_id != id_]
    return [id_ for id_ in everybody if id_ not in others]


def _looked_up(actor: Actor, everybody: list[int]) -> Any:
    return dict.fromkeys(everybody, "here").get(actor.person_id)


def _among(actor: Actor, everybody: list[int]) -> Any:
    return [one for one in everybody if actor.person_id in {one}]


USES = {
    "compares": _compared,
    "compares the other way": lambda actor, everybody: [id_ for id_ in everybody if actor.person_id == id_],
    "differs": _differing,
    "looks up": _looked_up,
    "is among": _among,
    "holds a post": lambda actor, _: bool(actor.post_ids),
    "has a post": lambda actor, _: 1 in actor.post_ids,
    "counts posts": lambda actor, _: len(actor.post_ids) > 0,
    "orders": lambda actor, everybody: actor.person_id < min(everybody),
    "asks the database": lambda actor, _: select(col(Person.id)).where(col(Person.id) == actor.person_id),
    "sends to it": lambda actor, _: (text("SELECT name FROM person WHERE id = :own"), {"own": actor.person_id}),
    "names": lambda actor, _: f"{actor.name}",
}


@router.get("/own", dependencies=[allow("")])
@alike
async def own(request: Request, session: SessionDep, actor: ActorDep, use: str) -> Response:
    """A page that depends on who asks, in one of many ways."""
    everybody = list(await session.scalars(select(col(Person.id)).where(visible(actor, Person))))
    found = USES[use](actor, everybody)
    if isinstance(found, tuple):
        found = (await session.execute(*found)).scalars().all()
    elif not isinstance(found, str | list | bool | None):
        found = (await session.scalars(found)).all()
    return HTMLResponse(f"{actor.person_id} {found}")


@router.get("/escaped", dependencies=[allow("")])
@alike
async def escaped(request: Request, session: SessionDep, actor: ActorDep) -> Response:
    """Keys and token as they stand in links and in data for scripts."""
    address = f"/sent?{urlencode({'key': form_key()})}"
    return HTMLResponse(f"{address} {json.dumps({'key': form_key(), 'token': str(actor.csrf_token)})}")


@router.get("/task", dependencies=[allow("")])
@alike
async def task(
    request: Request, session: SessionDep, actor: ActorDep, owner: int, post: int = 0, within: str = ""
) -> Response:
    """Something of a person's and a post's, that says to its owner and to who holds the post that it is theirs."""

    async def whose() -> str:
        return "yours" if owner == actor.person_id else "post" if post in actor.post_ids else "another's"

    made.append(str(owner))
    if within == "kept":
        return HTMLResponse(await kept_of(request, "within").get((owner, actor), whose))
    return HTMLResponse(_statement(actor, owner) if within == "statement" else await whose())


@made_once
def _statement(actor: Actor, owner: int) -> str:
    return "yours" if owner == actor.person_id else "another's"


@router.get("/holding", dependencies=[allow("")])
@alike
async def holding(request: Request, session: SessionDep, actor: ActorDep) -> Response:
    """A page that differs for who holds a post."""
    made.append("holding")
    return HTMLResponse("holds" if actor.post_ids else "holds none")


@pytest.fixture
async def board_app(database: Database) -> AsyncIterator[FastAPI]:
    app = FastAPI()
    app.state.database, app.state.noted = database, Noted()
    app.include_router(router)
    made.clear()
    yield app


async def _leaders(database: Database, site: Site, how_many: int = 2, **more: Any) -> list[Person]:
    async with database.session() as session:
        return [await make_person(session, site, role=Role.MANAGER, **more) for _ in range(how_many)]


async def _read(app: FastAPI, person: Person, address: str = "/board") -> tuple[str, ...]:
    async with signed_in(app, person) as browser:
        return _parts(await browser.get(address))


def _parts(answer: httpx.Response) -> tuple[str, ...]:
    assert answer.status_code == 200, answer.text
    found = SAID.fullmatch(answer.text)
    assert found, answer.text
    return found.groups()


async def test_two_who_see_as_much_share_one_page_and_have_their_own_token_and_keys(
    database: Database, site: Site, board_app: FastAPI
) -> None:
    people = await _leaders(database, site)
    seen = [await _read(board_app, person) for person in people]
    assert made == [""]
    assert [one[0] for one in seen] == [str(person.id) for person in people]
    async with database.session() as session:
        for person, one in zip(people, seen, strict=True):
            tokens = select(col(LoginSession.csrf_token)).where(col(LoginSession.person_id) == person.id)
            assert one[1] in (await session.scalars(tokens)).all()
    assert len({key for one in seen for key in one[2:4]}) == 4, "no two forms carry one key"
    assert seen[0][4] == seen[1][4]


async def test_the_length_told_is_that_of_each_ones_own(database: Database, site: Site, board_app: FastAPI) -> None:
    for person in await _leaders(database, site):
        async with signed_in(board_app, person) as browser:
            answer = await browser.get("/board")
        assert int(answer.headers["content-length"]) == len(answer.content) and answer.headers["x-words"] == "kept"


async def test_a_change_is_seen_at_once(database: Database, site: Site, board_app: FastAPI) -> None:
    person, other = await _leaders(database, site)
    await _read(board_app, person)
    async with database.session() as session:
        await make_person(session, site, name="新来的人")
        await record_event(session, site_id=site.id, kind="test.told", subject="test", subject_id=1)
    assert "新来的人" in (await _read(board_app, other))[4]


async def test_others_rights_sites_languages_and_questions_have_their_own(
    database: Database, site: Site, board_app: FastAPI
) -> None:
    (person,) = await _leaders(database, site, 1)
    async with database.session() as session:
        elsewhere = await make_site(session)
        team = await make_team(session, site)
        others = [
            await make_person(session, elsewhere, role=Role.MANAGER, name="别处的人"),
            await make_person(session, site, role=Role.LEADER, team_id=team.id),
            await make_person(session, site, role=Role.MANAGER, locale="en"),
        ]
    for one in (person, *others):
        assert ("别处的人" in (await _read(board_app, one))[4]) == (one.site_id == elsewhere.id)
    await _read(board_app, person, "/board?words=else")
    assert len(made) == 5


async def test_a_worker_always_gets_their_own(database: Database, site: Site, board_app: FastAPI) -> None:
    async with database.session() as session:
        workers = [await make_person(session, site, role=Role.WORKER) for _ in range(2)]
    for worker in (*workers, workers[0]):
        assert (await _read(board_app, worker))[0] == str(worker.id)
    assert len(made) == 3


@pytest.mark.parametrize("use", USES)
async def test_what_depends_on_who_asks_is_each_ones_own(
    database: Database, site: Site, board_app: FastAPI, use: str
) -> None:
    first, second = await _leaders(database, site)
    for person in (first, second, first):
        async with signed_in(board_app, person) as browser:
            answer = (await browser.get("/own", params={"use": use})).text
        about = dict.fromkeys(
            ("compares", "compares the other way", "differs", "is among", "asks the database"), f"[{person.id}]"
        )
        named = {"looks up": "here", "sends to it": f"['{person.name}']", "names": person.name}
        assert answer == f"{person.id} {(about | named).get(use, 'False')}"


async def _holder(session: AsyncSession, site: Site, post: Post | None) -> Person:
    person = await make_person(session, site, role=Role.MANAGER)
    if post:
        await hold_post(session, post, person)
    return person


async def _said(app: FastAPI, person: Person, address: str) -> str:
    async with signed_in(app, person) as browser:
        answer = await browser.get(address)
    assert answer.status_code == 200, answer.text
    return answer.text


async def test_those_a_page_names_get_their_own_and_all_others_share_one(
    database: Database, site: Site, board_app: FastAPI
) -> None:
    async with database.session() as session:
        post = await make_post(session, site)
        other_post = await make_post(session, site)
        holders = [await _holder(session, site, one) for one in (post, other_post, other_post)]
    owner, first, second = await _leaders(database, site, 3)
    address = f"/task?owner={owner.id}&post={post.id}"
    for _ in range(2):
        assert [await _said(board_app, one, address) for one in (first, owner, second)] == [
            "another's",
            "yours",
            "another's",
        ]
        assert [await _said(board_app, one, address) for one in holders] == ["post", "another's", "another's"]
    assert len(made) == 6, "one for those without a post, one for those with one, twice the owner's and the holder's"


@pytest.mark.parametrize("within", ["kept", "statement"])
async def test_who_is_named_within_something_that_is_kept_still_gets_their_own(
    database: Database, site: Site, board_app: FastAPI, within: str
) -> None:
    """What is kept within a page is made for the first of its pages alone; the next would not hear whom it names."""
    owner, first = await _leaders(database, site)
    for more in ("", "&page=2"):
        address = f"/task?owner={owner.id}&within={within}{more}"
        assert [await _said(board_app, one, address) for one in (first, owner)] == ["another's", "yours"]
    assert len(made) == 6, "each page tried once for all, then made for each"


async def test_those_who_hold_posts_share_one_page_and_those_who_hold_none_another(
    database: Database, site: Site, board_app: FastAPI
) -> None:
    async with database.session() as session:
        posts = [await make_post(session, site) for _ in range(2)]
        people = [await _holder(session, site, one) for one in (None, *posts, None)]
    assert [await _said(board_app, one, "/holding") for one in people] == ["holds none", "holds", "holds", "holds none"]
    assert len(made) == 2


async def test_what_people_write_is_never_filled_in(database: Database, site: Site, board_app: FastAPI) -> None:
    (person,) = await _leaders(database, site, 1)
    for words in ("csrf_token", "own-csrf_token-own", f"own-{'0' * 32}-csrf_token-own", "own--csrf_token-own"):
        seen = await _read(board_app, person, f"/board?words={words}")
        assert seen[4].startswith(words) and seen[1] not in seen[4]


async def test_what_is_each_ones_own_is_filled_in_wherever_it_stands(
    database: Database, site: Site, board_app: FastAPI
) -> None:
    """Within an address and within JSON too, where other letters are written in other ways."""
    for person in await _leaders(database, site):
        async with signed_in(board_app, person) as browser:
            sent, said = (await browser.get("/escaped")).text.split(" ", 1)
        (address,) = parse_qs(urlsplit(sent).query)["key"]
        told = json.loads(said)
        assert told["token"] == browser.headers["X-CSRF-Token"]
        assert len(address) == len(told["key"]) == 32 and address != told["key"]


async def test_what_left_no_trace_is_seen_after_a_moment() -> None:
    """Readings, positions and deadlines write neither event nor audit entry."""
    clock = [0.0]
    kept: Kept[int] = Kept(lambda: clock[0], FRESH_S)
    answers = iter(range(9))

    async def make() -> int:
        return next(answers)

    assert [await kept.get("page", make), await kept.get("page", make)] == [0, 0]
    clock[0] = FRESH_S + 0.01
    assert await kept.get("page", make) == 1
