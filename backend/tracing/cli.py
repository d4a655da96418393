"""`ansu detect|trace|impact` on files: the engine without server or database.

The contract (arguments, files, meaning) is that of the scoring harness; docs/tracing-engine.md repeats it.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from typing import Any

from backend.tracing.casefile import CaseFileError, read_case, read_graph, write_json, write_scores
from backend.tracing.engine import Explanation, NodeKind, PlantGraph, detect, impact, learn_normal, trace

PATHS_SHOWN = 5


def main(argv: Sequence[str]) -> int:
    """Run `argv` (`argv[0]` is detect, trace or impact). 0: written; 2: bad arguments or files, said on stderr."""
    try:
        arguments = _parser().parse_args(argv)
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else 2
    run: Callable[[argparse.Namespace], None] = arguments.run
    try:
        run(arguments)
    except CaseFileError as error:
        sys.stderr.write(f"ansu {argv[0]}: {error}\n")
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="ansu", description="异常检测与双向溯源 / detection and two-way tracing on files"
    )
    verbs = parser.add_subparsers(required=True, metavar="detect|trace|impact")
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument(
        "--in", dest="input", required=True, metavar="CSV", help="读数 / readings: timestamp,variable,…"
    )
    shared.add_argument(
        "--normal-rows", type=int, required=True, metavar="N", help="前 N 行正常 / first N rows are normal"
    )
    shared.add_argument("--out", required=True, metavar="FILE", help="结果文件 / where the answer goes")
    plant = argparse.ArgumentParser(add_help=False)
    plant.add_argument("--topology", metavar="JSON", help="工厂拓扑 / plant graph")
    plant.add_argument("--alarm-columns", default="", metavar="A,B", help="报警列 / columns that are alarms")
    detecting = verbs.add_parser("detect", parents=[shared], help="逐行预警 / early warning row by row")
    detecting.add_argument(
        "--false-alarm-rate", type=float, default=0.01, metavar="P", help="允许误报率 / accepted rate"
    )
    detecting.set_defaults(run=_detect)
    tracing = verbs.add_parser("trace", parents=[shared, plant], help="从结果到根源 / from the symptom to the root")
    tracing.add_argument("--target", metavar="VAR", help="要解释的测点 / the symptom")
    tracing.set_defaults(run=_trace)
    reaching = verbs.add_parser("impact", parents=[shared, plant], help="从根源到影响 / from the root to its reach")
    reaching.add_argument("--from", dest="sources", required=True, metavar="VAR[,VAR]", help="起点 / where it starts")
    reaching.set_defaults(run=_impact)
    return parser


def _detect(arguments: argparse.Namespace) -> None:
    case = read_case(arguments.input, arguments.normal_rows)
    normal = learn_normal(case.window.between(0, case.normal_rows))
    found = detect(case.window, normal, arguments.false_alarm_rate, learned_rows=case.normal_rows)
    write_scores(arguments.out, found.scores.tolist(), found.alarms.tolist())


def _trace(arguments: argparse.Namespace) -> None:
    case, graph = read_case(arguments.input, arguments.normal_rows), read_graph(arguments.topology)
    normal = learn_normal(case.window.between(0, case.normal_rows))
    found = trace(case.window, normal, graph, arguments.target, _names(arguments.alarm_columns), case.normal_rows, None)
    causes = [
        {
            "id": cause.node,
            "score": round(cause.probability, 6),
            "unit": cause.unit,
            "onset_s": cause.onset_s,
            "deviation": round(cause.deviation, 3),
            **_said(cause.explanation),
        }
        for cause in found.causes
    ]
    paths = [list(cause.path) for cause in found.causes[:PATHS_SHOWN] if len(cause.path) > 1]
    write_json(
        arguments.out,
        {
            "root_causes": causes,
            "paths": paths,
            "abnormal": found.abnormal,
            "started_s": found.started_s,
            "symptom": found.symptom,
            "units": [{"id": u.unit, "score": round(u.probability, 6)} for u in found.units],
        },
    )


def _impact(arguments: argparse.Namespace) -> None:
    case, graph = read_case(arguments.input, arguments.normal_rows), read_graph(arguments.topology)
    sources = _names(arguments.sources)
    unknown = [name for name in sources if name not in case.window.points and name not in graph]
    if len(unknown) == len(sources):
        raise CaseFileError(f"--from {','.join(unknown)}：数据和拓扑中都没有 / neither in the data nor in the topology")
    normal = learn_normal(case.window.between(0, case.normal_rows))
    reached = impact(case.window, normal, graph, sources, fault_free_rows=case.normal_rows)
    shown = [node for node in reached if node.node in case.window.points or _is_alarm(graph, node.node)]
    affected = [
        {
            "id": node.node,
            "score": round(node.score, 6),
            "moving": node.moving,
            "arrival_s": [node.arrival_earliest_s, node.arrival_s, node.arrival_latest_s],
        }
        for node in shown
    ]
    write_json(arguments.out, {"affected": affected, "paths": [list(n.path) for n in shown if len(n.path) > 1]})


def _is_alarm(graph: PlantGraph, name: str) -> bool:
    node = graph.node(name)
    return node is not None and node.kind is NodeKind.ALARM


def _names(text: str) -> list[str]:
    return [name for name in text.split(",") if name]


def _said(explanation: Explanation) -> dict[str, Any]:
    listed = {"supports": explanation.supports, "against": explanation.against}
    return {
        side: [{"reason": e.reason.value, "value": round(e.value, 3), "points": list(e.points)} for e in evidence]
        for side, evidence in listed.items()
    }
