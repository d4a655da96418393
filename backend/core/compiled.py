"""Compiled templates lie beside the templates, as Python's own do beside the code.

Compiling one takes 35 ms of CPU, once a language and process; a page names twenty. ``python -m backend.core.compiled``
compiles all, for an image whose roles may not write.
"""

import contextlib
import hashlib
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jinja2
from jinja2 import FileSystemBytecodeCache
from jinja2.bccache import Bucket

from backend.core import quick_templates


class CompiledTemplates(FileSystemBytecodeCache):
    """Those in ``folder``, made with ``options`` of the environment. What can't be read is compiled anew; what can't be
    written, or shouldn't (``PYTHONDONTWRITEBYTECODE``), is left."""

    def __init__(self, folder: Path, options: Mapping[str, Any]) -> None:
        # Jinja looks at the template's text and Python's version only.
        writer = Path(quick_templates.__file__).read_text("utf-8")
        digest = hashlib.sha256(f"{jinja2.__version__} {sorted(options.items())} {writer}".encode()).hexdigest()[:12]
        super().__init__(str(folder), f"%s.{digest}.jinja")

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep ``bucket`` for the next process, whosoever it is."""
        if sys.dont_write_bytecode:
            return
        with contextlib.suppress(OSError):
            Path(self.directory).mkdir(exist_ok=True)
            super().dump_bytecode(bucket)
            Path(self._get_cache_filename(bucket)).chmod(0o644)


def main() -> int:
    """Compile all templates; gives the exit code."""
    from backend.core.i18n import LOCALES
    from backend.core.pages import TEMPLATES, environment_of

    environment = environment_of(next(iter(LOCALES)))
    for template in TEMPLATES.rglob("*.html"):
        environment.get_template(str(template.relative_to(TEMPLATES)))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
