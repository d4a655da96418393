"""What a pack may hold, and that the one that comes with AnSu is whole."""

import json
import shutil
from collections import Counter
from pathlib import Path

import msgspec
import pytest

from backend.starter.pack import PACKS, Pack, PackError, pack_codes, pack_faults, read_pack
from backend.starter.runs import read_run


def test_the_tennessee_eastman_pack_has_every_variable_of_the_process(tep: Pack) -> None:
    codes = {point.code for point in tep.points}
    assert codes == {f"XMEAS_{n}" for n in range(1, 42)} | {f"XMV_{n}" for n in range(1, 12)}
    assert {point.code for point in tep.points if point.manipulated} == {f"XMV_{n}" for n in range(1, 12)}


def test_every_pack_that_comes_with_ansu_is_without_fault() -> None:
    assert "tep" in pack_codes()
    for code in pack_codes():
        assert list(pack_faults(read_pack(PACKS / code))) == []


def test_every_recorded_value_lies_within_its_instruments_range(tep: Pack) -> None:
    ranges = {point.code: (point.range_low, point.range_high) for point in tep.points}
    for run in tep.runs:
        for row in read_run(PACKS / "tep", tep, run.fault).rows:
            for code, value in row.items():
                low, high = ranges[code]
                assert low <= value <= high, f"{code} = {value} in run {run.fault}"


def test_runs_hold_normal_work_and_ten_faults_each_beginning_after_normal_rows(tep: Pack) -> None:
    assert [run.fault for run in tep.runs] == [0, 1, 3, 4, 6, 8, 10, 12, 13, 14, 18]
    for spec in tep.runs:
        run = read_run(PACKS / "tep", tep, spec.fault)
        assert len(run.points) == 52
        if spec.fault:
            assert spec.fault_row is not None and 0 < spec.fault_row < len(run.rows)


def test_all_equipment_can_be_reached_from_the_feeds_along_links(tep: Pack) -> None:
    units = {equipment.code for equipment in tep.equipment}
    reached = {code for code in units if code.startswith("FEED_") or code in {"STEAM", "COND_CW"}}
    for _ in units:
        reached |= {link.target for link in tep.links if link.source in reached and link.target in units}
    assert reached == units


def test_every_shutdown_limit_is_major_and_latched(tep: Pack) -> None:
    shutdowns = [rule for rule in tep.rules if set(rule.parameters.get("limits", {})) & {"LL", "HH"}]
    assert {rule.point for rule in shutdowns} == {"XMEAS_7", "XMEAS_8", "XMEAS_9", "XMEAS_12", "XMEAS_15"}
    assert all(rule.level == "major" and rule.latched for rule in shutdowns)


def test_the_licence_notice_goes_with_the_data() -> None:
    notice = (PACKS / "tep" / "runs" / "NOTICE").read_text()
    assert "The Board of Trustees of the University of Illinois" in notice
    assert "Permission hereby granted, free of charge" in notice
    assert "THE SOFTWARE IS PROVIDED" in notice


@pytest.mark.parametrize(
    ("file", "group", "change", "said"),
    [
        ("links.json", "links", {"target": "XMEAS_99"}, "there is no XMEAS_99"),
        ("plant.json", "points", {"range_low": 9e9}, "range_low must be below range_high"),
        ("plant.json", "points", {"name_en": ""}, "name is missing in a language"),
        ("plant.json", "equipment", {"x": -5}, "not on the floor plan"),
        ("rules.json", "rules", {"parameters": {"limits": {}}}, "rule Reactor pressure operating limit"),
        ("rules.json", "rules", {"level": "severe"}, "severe"),
        ("people.json", "people", {"posts": ["gardener"]}, "there is no gardener"),
        ("plant.json", "points", {"rnage": 3}, "rnage"),
        ("runs.json", "runs", {"file": "lost.csv.gz"}, "lost.csv.gz"),
    ],
)
def test_a_broken_pack_is_refused_with_what_is_wrong(
    tmp_path: Path, file: str, group: str, change: dict[str, object], said: str
) -> None:
    folder = tmp_path / "tep"
    shutil.copytree(PACKS / "tep", folder)
    content = json.loads((folder / file).read_text())
    content[group][0] |= change
    (folder / file).write_text(json.dumps(content))
    with pytest.raises(PackError, match=said):
        read_pack(folder)


def test_two_things_of_one_code_are_refused(tep: Pack) -> None:
    doubled = msgspec.structs.replace(tep, points=[*tep.points, tep.points[0]])
    assert "equipment or point XMEAS_1: given 2 times" in list(pack_faults(doubled))


def test_every_rule_says_where_its_limits_come_from(tep: Pack) -> None:
    assert all(rule.basis and rule.advice and rule.advice_en for rule in tep.rules)
    assert Counter(rule.kind for rule in tep.rules)["deviation"] == 1
