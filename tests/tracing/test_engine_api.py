"""The engine on posted data: the answers of the command line, off the event loop, within limits; and traces by API."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from backend.core.clock import now
from backend.core.database import Database
from backend.identity.models import Role
from backend.tracing.cli import main
from tests.tracing.conftest import Troubled, made_trace, trouble
from tests.tracing.synthetic import chain
from tests.tracing.test_moments import work
from tests.webclient import running_app, signed_in

ROWS, FAULT = 300, 250


@pytest.fixture(scope="module")
async def app(database_url: str, redis_url: str) -> AsyncIterator[FastAPI]:
    async with running_app(database_url, redis_url) as app:
        yield app


@pytest.fixture(scope="module")
async def found(database_url: str) -> Troubled:
    database = Database(database_url)
    found = await trouble(database)
    await database.close()
    return found


@pytest.fixture
async def program(app: FastAPI, found: Troubled) -> AsyncIterator[httpx.AsyncClient]:
    async with signed_in(app, found.people[Role.LEADER]) as browser:
        browser.headers["Accept"] = "application/json"
        yield browser


def written(folder: Path) -> tuple[Path, Path]:
    window = chain([2, 2], rows=ROWS, fault_at=FAULT)
    lines = ["timestamp," + ",".join(window.points)]
    lines += [
        f"2026-01-01T00:{n // 60:02}:{n % 60:02}," + ",".join(map(repr, row))
        for n, row in enumerate(window.values.tolist())
    ]
    data, topology = folder / "data.csv", folder / "topology.json"
    data.write_text("\n".join(lines))
    nodes = [{"id": name, "kind": "sensor", "unit": None, "label": None} for name in window.points]
    edges = [{"from": "P0", "to": "P1", "kind": "material"}, {"from": "P1", "to": "P2", "kind": "material"}]
    topology.write_text(json.dumps({"nodes": nodes, "edges": edges}))
    return data, topology


def _files(data: Path, topology: Path | None) -> dict[str, bytes]:
    return {"data": data.read_bytes()} | ({"topology": topology.read_bytes()} if topology else {})


async def posted(
    program: httpx.AsyncClient, verb: str, data: Path, topology: Path | None, **fields: Any
) -> httpx.Response:
    files = _files(data, topology)
    return await program.post(f"/api/v1/engine/{verb}", data=fields, files=files)


async def test_posted_data_get_the_answers_of_the_command_line(program: httpx.AsyncClient, tmp_path: Path) -> None:
    data, topology = written(tmp_path)
    shared = ["--in", str(data), "--normal-rows", "200", "--out", str(tmp_path / "out")]
    plant = ["--topology", str(topology)]
    await asyncio.to_thread(main, ["trace", *shared, *plant, "--target", "P2"])
    answer = await posted(program, "trace", data, topology, normal_rows=200, target="P2")
    assert answer.json() == json.loads((tmp_path / "out").read_text())
    assert answer.json()["root_causes"][0]["id"] == "P0"
    await asyncio.to_thread(main, ["impact", *shared, *plant, "--from", "P0"])
    answer = await posted(program, "impact", data, topology, normal_rows=200, **{"from": "P0"})
    assert answer.json() == json.loads((tmp_path / "out").read_text())
    await asyncio.to_thread(main, ["detect", *shared])
    answer = await posted(program, "detect", data, None, normal_rows=200)
    rows = [f"{r['row']},{r['score']:.6g},{int(r['alarm'])}" for r in answer.json()["rows"]]
    assert [one.split(",")[::2] for one in rows] == [
        one.split(",")[::2] for one in (tmp_path / "out").read_text().splitlines()[1:]
    ]


async def test_what_cannot_be_used_is_refused_with_a_reason(program: httpx.AsyncClient, tmp_path: Path) -> None:
    data, topology = written(tmp_path)
    empty, wide = tmp_path / "empty.csv", tmp_path / "wide.csv"
    empty.write_text("timestamp,a\n")
    wide.write_text("timestamp," + ",".join(f"c{n}" for n in range(2000)) + "\n")
    answers = [
        await posted(program, "trace", empty, None, normal_rows=1),
        await posted(program, "trace", wide, None, normal_rows=1),
        await posted(program, "trace", data, None, normal_rows=0),
        await posted(program, "impact", data, topology, normal_rows=5, **{"from": "nowhere"}),
        await posted(program, "trace", data, data, normal_rows=5),
        await program.post("/api/v1/engine/trace", data={"normal_rows": "3"}),
    ]
    assert [one.status_code for one in answers] == [422, 413, 422, 422, 422, 422]
    assert "nowhere" in answers[3].text


async def test_a_worker_may_not_and_nobody_may_too_often(app: FastAPI, found: Troubled, tmp_path: Path) -> None:
    data, _ = written(tmp_path)
    async with signed_in(app, found.people[Role.WORKER]) as worker:
        assert (await posted(worker, "detect", data, None, normal_rows=200)).status_code == 403
    async with signed_in(app, found.people[Role.MANAGER]) as manager:
        statuses = [(await posted(manager, "detect", data, None, normal_rows=9)).status_code for _ in range(21)]
    assert statuses == [200] * 20 + [429]


async def test_programs_ask_for_a_trace_list_it_and_get_it(
    program: httpx.AsyncClient, database: Database, found: Troubled
) -> None:
    key = found.point_key("XMEAS_7")
    since = (now() - timedelta(minutes=5)).isoformat()
    asked = await program.post("/api/v1/traces", json={"what": key, "since": since})
    assert (asked.status_code, asked.json()["revision"], asked.json()["origin"]) == (202, 0, "hand")
    assert (await program.post("/api/v1/traces", json={"since": "2020-01-01T00:00:00Z"})).status_code == 422
    assert (await program.post("/api/v1/traces", json={"what": "point:1234567"})).status_code == 404
    await work(database, found)
    told = (await program.get(f"/api/v1/traces/{asked.json()['id']}")).json()
    assert told["revision"] == 1 and told["symptom"]["key"] == key and told["causes"] and told["alarm_id"] is None
    listed = (await program.get("/api/v1/traces", params={"origin": "hand"})).json()
    assert [one["id"] for one in listed] == [told["id"]] and listed[0]["root"] == told["first_cause"]["node"]


async def test_programs_rule_out_have_looked_at_and_review(
    program: httpx.AsyncClient, database: Database, found: Troubled
) -> None:
    made = await made_trace(database, found)
    node = made.result["causes"][0]["node"]
    check = (await program.post(f"/api/v1/traces/{made.id}/check", json={"node": node})).json()
    assert check["verdict"] == "" and (await program.get(f"/api/v1/checks/{check['id']}")).json() == check
    said = (await program.post(f"/api/v1/checks/{check['id']}", json={"verdict": "unsure"})).json()
    assert said["verdict"] == "unsure"
    assert (await program.post(f"/api/v1/traces/{made.id}/dismiss", json={"node": node})).status_code == 200
    assert (await program.post(f"/api/v1/traces/{made.id}/review")).status_code == 202
    await work(database, found)
    told = (await program.get(f"/api/v1/traces/{made.id}")).json()
    assert told["stage"] == "review" and told["causes"][0]["node"]["key"] != node
