"""``ansu doctor``: one look at everything the line stands on, for a person or (``--json``) a program.

Exit code 1 when something is wrong; warnings alone leave it 0.
"""

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence

from backend import __version__
from backend.core.settings import Settings
from backend.embedded import running_addresses
from backend.governance import probes
from backend.governance.findings import Finding, Verdict

_MARKS = {Verdict.OK: "✓", Verdict.WARNING: "!", Verdict.BAD: "✗"}
_COLOURS = {Verdict.OK: "32", Verdict.WARNING: "33", Verdict.BAD: "31"}
LABELS = {
    "web": "网页",
    "certificate": "证书",
    "database": "数据库",
    "durability": "断电保护",
    "migrations": "数据库结构",
    "redis": "缓存队列",
    "broker": "消息服务器",
    "queue": "接收积压",
    "line": "数据链路",
    "readings": "读数",
    "events": "事件日志",
    "jobs": "后台任务",
    "escalation": "预警升级",
    "retention": "数据清理",
    "held": "拒收原文",
    "clock": "时钟",
    "disk": "磁盘",
}
"""The checks in the order of the report, with their Chinese names."""


def main(argv: Sequence[str]) -> int:
    """``ansu doctor [--json]``; gives the exit code."""
    parser = argparse.ArgumentParser(prog="ansu doctor", description="检查运行状况 / check that all is well")
    parser.add_argument("--json", action="store_true", help="以 JSON 输出 / print JSON")
    arguments = parser.parse_args(list(argv))
    found = asyncio.run(examine(Settings()))
    print(_as_json(found) if arguments.json else table(found, colour=sys.stdout.isatty()))  # noqa: T201
    return int(_worst(found) is Verdict.BAD)


async def examine(settings: Settings) -> list[Finding]:
    """All checks at once, in the order of the report."""
    web_url = _web_url(settings)
    looked = await asyncio.gather(
        probes.probe_web(web_url, settings.data_dir),
        asyncio.to_thread(probes.probe_certificate, settings, web_url),
        probes.probe_database(settings),
        probes.probe_redis(settings),
        probes.probe_broker(settings),
        asyncio.to_thread(probes.probe_disks, settings.data_dir),
    )
    order = list(LABELS)
    return sorted((finding for found in looked for finding in found), key=lambda f: order.index(f.check))


def table(found: Sequence[Finding], *, colour: bool = False) -> str:
    """The report for a person: a mark, the check, and what was found, in both languages."""
    lines = [f"安溯 AnSu {__version__} · ansu doctor", ""]
    width = max(len(name) for name in LABELS)
    for finding in found:
        mark = _MARKS[finding.verdict]
        if colour:
            mark = f"\x1b[{_COLOURS[finding.verdict]}m{mark}\x1b[0m"
        label = LABELS[finding.check]
        lines.append(f"{mark} {label}{'　' * (5 - len(label))}  {finding.zh}")
        lines.append(f"  {finding.check:<{width}}  {finding.en}")
    count = {verdict: sum(f.verdict is verdict for f in found) for verdict in Verdict}
    good, warned, bad = count[Verdict.OK], count[Verdict.WARNING], count[Verdict.BAD]
    lines += ["", f"{good} 项正常，{warned} 项提醒，{bad} 项异常 / {good} well, {warned} warnings, {bad} wrong"]
    return "\n".join(lines)


def _as_json(found: Sequence[Finding]) -> str:
    checks = [{"check": f.check, "verdict": f.verdict, "zh": f.zh, "en": f.en, "values": dict(f.values)} for f in found]
    report = {"version": __version__, "verdict": _worst(found), "checks": checks}
    return json.dumps(report, ensure_ascii=False, indent=1)


def _worst(found: Sequence[Finding]) -> Verdict:
    return max((f.verdict for f in found), key=list(Verdict).index, default=Verdict.OK)


def _web_url(settings: Settings) -> str:
    running = running_addresses(settings)
    if running is not None and running.web_url:
        return running.web_url
    host = "127.0.0.1" if settings.host in {"0.0.0.0", "::"} else settings.host  # noqa: S104 - only compared with
    return f"http://{host}:{settings.port}"
