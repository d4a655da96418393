"""Every text has English, once:
msgids of code and templates against web/locales/en/*.po. Exit code 1 when something is wrong.

Texts are ``N_("…")`` in Python and ``_("…")`` in templates. With an argument, says only what concerns that file:
``python scripts/checks/translations.py alarms.po``.
"""

import ast
import re
import sys
from collections import defaultdict
from pathlib import Path

from babel.messages.pofile import read_po
from jinja2 import Environment
from jinja2.ext import babel_extract

ROOT = Path(__file__).resolve().parents[2]
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_PLACEHOLDER = re.compile(r"%\((\w+)\)s")


def used() -> dict[str, str]:
    """Msgid → a place that uses it."""
    found: dict[str, str] = {}
    for path in sorted((ROOT / "backend").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "N_":
                (argument,) = node.args
                if not isinstance(argument, ast.Constant):
                    raise SystemExit(f"{path}:{node.lineno}: N_() takes a literal text")
                found.setdefault(argument.value, f"{path.relative_to(ROOT)}:{node.lineno}")
    for path in sorted((ROOT / "web" / "templates").rglob("*.html")):
        with path.open("rb") as file:
            for line, _function, message, _comments in babel_extract(file, ["_"], [], {"trim_blocks": "true"}):
                text = message[0] if isinstance(message, tuple) else message  # a tuple where values are filled in
                if isinstance(text, str):
                    found.setdefault(text, f"{path.relative_to(ROOT)}:{line}")
    return found


def bare_chinese() -> list[str]:
    """Chinese in templates that nothing translates."""
    wrong = []
    lexer = Environment()
    for path in sorted((ROOT / "web" / "templates").rglob("*.html")):
        for line, kind, text in lexer.lex(path.read_text()):
            if kind == "data" and _CHINESE.search(text):
                wrong.append(f"{path.relative_to(ROOT)}:{line}: untranslated text {text.strip()[:40]!r}")
    return wrong


def english() -> tuple[dict[str, str], list[str]]:
    """Msgid → English, and what is wrong with the files themselves."""
    texts: dict[str, str] = {}
    files: dict[str, list[str]] = defaultdict(list)
    wrong = []
    for path in sorted((ROOT / "web" / "locales" / "en").glob("*.po")):
        with path.open("rb") as file:
            messages = list(read_po(file, locale="en"))
        for message in messages:
            if not message.id:
                continue
            files[message.id].append(path.name)
            texts[message.id] = message.string
            if set(_PLACEHOLDER.findall(message.id)) != set(_PLACEHOLDER.findall(message.string or message.id)):
                wrong.append(f"{path.name}: placeholders differ: {message.id!r}")
            if _CHINESE.search(message.string or ""):
                wrong.append(f"{path.name}: Chinese in the English of {message.id!r}")
    wrong += [f"{' and '.join(names)}: doubled {text!r}" for text, names in files.items() if len(names) > 1]
    return texts, wrong


def main(only: str = "") -> int:
    """Check everything."""
    messages = used()
    texts, wrong = english()
    wrong += [f"{place}: no English for {text!r}" for text, place in messages.items() if not texts.get(text)]
    wrong += [f"unused: {text!r}" for text in texts if text not in messages]
    wrong += bare_chinese()
    wrong = [line for line in wrong if only in line]
    print("\n".join(wrong) or f"{len(messages)} texts, all in English too")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:2]))
