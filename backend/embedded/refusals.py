"""Why AnSu can't start or go on, each as one sentence in Chinese and one in English. Never a traceback."""

import errno
from collections.abc import Mapping, Sequence
from pathlib import Path


class Refusal(Exception):
    """Something outside AnSu must change first; ``str()`` is what the person at the console reads."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(f"{zh}\n{en}")
        self.zh = zh
        self.en = en


class PortTaken(Refusal):
    """Another program listens where we must."""

    def __init__(self, port: int, setting: str, taken_by: str = "") -> None:
        zh_by, en_by = (f"（{taken_by}）", f" by {taken_by}") if taken_by else ("", "")
        super().__init__(
            f"端口 {port} 已被占用{zh_by}。请停止占用它的程序，或用环境变量 {setting} 换一个端口。",
            f"Port {port} is taken{en_by}. Stop that program, or choose another port with {setting}.",
        )


class OtherVersion(Refusal):
    """The data folder was written by a version that this one doesn't understand."""

    def __init__(self, folder: Path, what: str, found: str, expected: str) -> None:
        super().__init__(
            f"数据目录 {folder} 属于另一个版本：{what} 为 {found}，本程序需要 {expected}。"
            "请用原来的版本启动，或用 ANSU_DATA_DIR 指定另一个目录。",
            f"Data folder {folder} is of another version: {what} is {found}, this program needs {expected}. "
            "Start the version it belongs to, or name another folder with ANSU_DATA_DIR.",
        )


class FolderInUse(Refusal):
    """Another AnSu runs on this data folder."""

    def __init__(self, folder: Path, pid: int | None) -> None:
        zh_pid, en_pid = (f"（进程 {pid}）", f" (process {pid})") if pid else ("", "")
        super().__init__(
            f"数据目录 {folder} 正被另一个安溯使用{zh_pid}。请先停止它，或用 ANSU_DATA_DIR 指定另一个目录。",
            f"Data folder {folder} is in use by another AnSu{en_pid}. Stop it, or name another with ANSU_DATA_DIR.",
        )


class FolderCopied(Refusal):
    """The folder is a copy whose database still belongs to the original."""

    def __init__(self, folder: Path, original: Path) -> None:
        super().__init__(
            f"数据目录 {folder} 是 {original} 的副本，两者不能共用一个数据库。请用备份与恢复来复制数据。",
            f"Data folder {folder} is a copy of {original}; they can't share one database. Copy by backup and restore.",
        )


class NotWritable(Refusal):
    """We may not write into the data folder."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"无法写入数据目录 {folder}。请检查目录的所有者和权限，或用 ANSU_DATA_DIR 指定另一个目录。",
            f"Can't write to data folder {folder}. Check its owner and rights, or name another with ANSU_DATA_DIR.",
        )


class DiskFull(Refusal):
    """There is no room for the data folder to grow."""

    def __init__(self, folder: Path, free_mb: int | None = None, needed_mb: int | None = None) -> None:
        zh, en = ("", "") if free_mb is None else (f"，仅剩 {free_mb} MB，至少需要 {needed_mb} MB", "")
        if free_mb is not None:
            en = f": {free_mb} MB left, at least {needed_mb} MB needed"
        super().__init__(
            f"数据目录 {folder} 所在磁盘空间不足{zh}。请清理磁盘后再启动；已有数据未受影响。",
            f"The disk of data folder {folder} is full{en}. Make room and start again; stored data is safe.",
        )


class ServerFailed(Refusal):
    """An embedded server did not come up; its log tells why."""

    def __init__(self, name: str, log: Path, last_line: str) -> None:
        super().__init__(
            f"{name} 未能启动：{last_line or '没有输出'}。详见日志 {log}。",
            f"{name} did not start: {last_line or 'no output'}. See its log {log}.",
        )


class NotDurable(Refusal):
    """PostgreSQL runs with a setting that could lose what it has confirmed."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(
            f"PostgreSQL 的 {'、'.join(names)} 未开启，断电会丢失已确认的数据，因此拒绝启动。",
            f"PostgreSQL runs without {', '.join(names)}: a power cut could lose confirmed data. AnSu won't start so.",
        )


class NotRunning(Refusal):
    """A command needs servers, and neither are they named nor does ``ansu up`` run on the data folder."""

    def __init__(self, missing: Sequence[str]) -> None:
        names = ", ".join(missing)
        super().__init__(
            f"没有找到运行中的安溯。请先运行 ./scripts/start，或设置 {names}。",
            f"No running AnSu found. Run ./scripts/start first, or set {names}.",
        )


class WrongSettings(Refusal):
    """Environment variables have values that can't be."""

    def __init__(self, wrong: Mapping[str, str]) -> None:
        listed = "; ".join(f"{name}: {why}" for name, why in wrong.items())
        super().__init__(f"设置有误：{listed}", f"Wrong settings: {listed}")


class StepFailed(Refusal):
    """A step of the start (migration, demo site) ended with an error."""

    def __init__(self, zh: str, en: str, log: Path, last_line: str) -> None:
        super().__init__(f"{zh}失败：{last_line}。详见日志 {log}。", f"{en} failed: {last_line}. See its log {log}.")


def refusal_of(error: OSError, folder: Path) -> Refusal | None:
    """The sentence for an operating-system error below ``folder``; None when it is none of the usual ones."""
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return DiskFull(folder)
    if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST, errno.ENOENT}:
        return NotWritable(folder)
    return None
