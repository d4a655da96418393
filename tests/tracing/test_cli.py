"""``ansu detect|trace|impact`` on files, called as ../shared/eval/README.md calls a product."""

import csv
import itertools
import json
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from backend.starter.pack import PACKS, Pack, read_pack
from backend.starter.runs import Row, read_run
from backend.tracing.cli import main

ROOT = Path(__file__).resolve().parents[2]
NORMAL_ROWS = 500
BEFORE, AFTER = 30, 60
SEAM = 5
"""Rows after the place where two recordings were put together."""
ONSET = NORMAL_ROWS + BEFORE


@cache
def _pack() -> Pack:
    return read_pack(PACKS / "tep")


@cache
def _rows(fault: int) -> list[Row]:
    begins = _pack().run(fault).fault_row
    assert begins is not None
    normal = read_run(PACKS / "tep", _pack(), 0).rows[:NORMAL_ROWS]
    return normal + read_run(PACKS / "tep", _pack(), fault).rows[begins - BEFORE : begins + AFTER]


def _topology() -> dict[str, Any]:
    pack = _pack()
    nodes = [{"id": e.code, "kind": "unit", "unit": None, "label": None} for e in pack.equipment]
    kinds = {True: "actuator", False: "sensor"}
    nodes += [{"id": p.code, "kind": kinds[p.manipulated], "unit": p.equipment, "label": None} for p in pack.points]
    edges = [{"from": k.source, "to": k.target, "kind": str(k.kind)} for k in pack.links]
    return {"nodes": nodes, "edges": edges}


@pytest.fixture
def case(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """An empty folder with a case of the fault the test names (6 if it names none)."""
    points = [p.code for p in _pack().points]
    with (tmp_path / "data.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["timestamp", *points])
        for number, row in enumerate(_rows(getattr(request, "param", 6))):
            stamp = f"2026-01-01T{number * 3 // 60 % 24:02}:{number * 3 % 60:02}:00"
            writer.writerow([stamp, *(row.get(point, "") for point in points)])
    (tmp_path / "topology.json").write_text(json.dumps(_topology()))
    return tmp_path


def _run(case: Path, verb: str, out: str, *more: str) -> Any:
    files = ["--in", str(case / "data.csv"), "--out", str(case / out)]
    assert main([verb, *files, "--normal-rows", str(NORMAL_ROWS), *more]) == 0
    text = (case / out).read_text()
    return json.loads(text) if out.endswith(".json") else list(csv.DictReader(text.splitlines()))


def test_detect_writes_a_score_and_an_alarm_for_every_row(case: Path) -> None:
    rows = _run(case, "detect", "out.csv")
    assert [int(row["row"]) for row in rows] == list(range(NORMAL_ROWS + BEFORE + AFTER))
    assert all((float(row["score"]) > 1) == (row["alarm"] == "1") for row in rows)
    alarms = [int(row["alarm"]) for row in rows]
    assert sum(alarms[NORMAL_ROWS:ONSET]) <= 2
    assert sum(alarms[ONSET + 2 :]) >= 0.9 * (AFTER - 2)


def test_detect_takes_the_accepted_rate_of_false_alarms(case: Path) -> None:
    strict = _run(case, "detect", "out.csv", "--false-alarm-rate", "0.0001")
    loose = _run(case, "detect", "out.csv", "--false-alarm-rate", "0.2")
    count = lambda rows: sum(int(row["alarm"]) for row in rows[NORMAL_ROWS + SEAM : ONSET])  # noqa: E731
    assert count(strict) == 0 < count(loose)


@pytest.mark.parametrize(
    ("case", "unit"), [(4, "REACTOR_CW"), (6, "FEED_A"), (14, "REACTOR_CW"), (12, "COND_CW")], indirect=["case"]
)
def test_trace_names_the_right_equipment_with_the_plant_graph(case: Path, unit: str) -> None:
    found = _run(case, "trace", "out.json", "--topology", str(case / "topology.json"))
    assert found["abnormal"]
    units = {p.code: p.equipment for p in _pack().points}
    assert unit in [units.get(cause["id"], cause["id"]) for cause in found["root_causes"][:3]]
    scores = [cause["score"] for cause in found["root_causes"]]
    assert scores == sorted(scores, reverse=True) and scores[0] <= 1
    edges = {(e["from"], e["to"]) for e in _topology()["edges"]}
    home = {p.code: p.equipment for p in _pack().points}
    for path in found["paths"]:
        for pair in itertools.pairwise(path):
            assert pair in edges or home.get(pair[0]) == pair[1] or home.get(pair[1]) == pair[0]


def test_trace_explains_a_named_symptom_without_a_graph_and_never_accuses_an_alarm_column(case: Path) -> None:
    more = ["--target", "XMEAS_7", "--alarm-columns", "XMV_3,XMEAS_1"]
    found = _run(case, "trace", "out.json", *more)
    assert found["symptom"] == "XMEAS_7"
    assert {"XMV_3", "XMEAS_1"}.isdisjoint(cause["id"] for cause in found["root_causes"])


def test_impact_lists_everything_but_the_source_with_times_in_order(case: Path) -> None:
    found = _run(case, "impact", "out.json", "--from", "XMEAS_1", "--topology", str(case / "topology.json"))
    named = [item["id"] for item in found["affected"]]
    assert set(named) == {p.code for p in _pack().points} - {"XMEAS_1"}
    assert named.index("XMEAS_23") < 20
    assert all(item["arrival_s"] == sorted(item["arrival_s"]) for item in found["affected"])


def test_the_installed_command_answers_from_an_empty_directory(case: Path) -> None:
    arguments = ["trace", "--in", "data.csv", "--normal-rows", str(NORMAL_ROWS), "--out", "out.json"]
    done = subprocess.run(
        [sys.executable, "-m", "backend.cli", *arguments, "--topology", "topology.json"],
        cwd=case,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert {"root_causes", "paths"} <= json.loads((case / "out.json").read_text()).keys()


@pytest.mark.parametrize(
    ("text", "normal", "says"),
    [
        ("", "1", "empty"),
        ("timestamp\n1\n", "1", "variable column"),
        ("timestamp,a,a\n1,2,3\n", "1", "stands twice"),
        ("timestamp,a\n1,2\n1,2,3\n", "1", "line 3"),
        ("timestamp,a\n1,abc\n", "1", "not a number"),
        ("timestamp,a\n1,2\n", "5", "--normal-rows"),
        ("timestamp,a\n1,2\n", "0", "--normal-rows"),
    ],
)
def test_a_file_that_cannot_be_used_is_said_in_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, normal: str, says: str
) -> None:
    data = tmp_path / "data.csv"
    data.write_text(text)
    code = main(["detect", "--in", str(data), "--normal-rows", normal, "--out", str(tmp_path / "out.csv")])
    said = capsys.readouterr().err
    assert code == 2 and says in said and "Traceback" not in said
    assert not (tmp_path / "out.csv").exists()


@pytest.mark.parametrize(
    "wrong", [["--in", "nowhere.csv"], ["--topology", "nowhere.json"], ["--out", "no/such/folder/out.json"]]
)
def test_a_path_that_leads_nowhere_is_said_in_a_sentence(
    case: Path, capsys: pytest.CaptureFixture[str], wrong: list[str]
) -> None:
    given = {"--in": str(case / "data.csv"), "--normal-rows": "500", "--out": str(case / "out.json")} | {
        wrong[0]: wrong[1]
    }
    assert main(["trace", *(part for pair in given.items() for part in pair)]) == 2
    assert wrong[1] in capsys.readouterr().err


def test_gaps_and_truth_values_are_read(tmp_path: Path) -> None:
    lines = [
        "timestamp,a,on",
        *(f"{i},{'' if i % 7 == 0 else i % 5},{'True' if i % 2 else 'false'}" for i in range(80)),
    ]
    (tmp_path / "data.csv").write_text("\n".join(lines))
    arguments = ["--in", str(tmp_path / "data.csv"), "--normal-rows", "60", "--out", str(tmp_path / "out.csv")]
    assert main(["detect", *arguments]) == 0
    assert len((tmp_path / "out.csv").read_text().splitlines()) == 81
