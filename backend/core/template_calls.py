"""How templates call words and macros: a page does so some hundred times.

Jinja asks each thing it calls, in four ways, whether it wants to be given the context. Macros always want theirs alone,
and of functions those without a mark (``jinja2.pass_context``) want nothing: a fifth of the time it takes to draw.
"""

from functools import partial
from types import FunctionType
from typing import Any

from jinja2.runtime import Context, Macro


class QuickCalls(Context):
    """The same calls with fewer questions."""

    def call(self, thing: Any, /, *args: Any, **named: Any) -> Any:
        """What ``thing`` gives."""
        kind = type(thing)
        if kind is Macro:
            args = (self.eval_ctx, *args)
        elif kind is not partial and (kind is not FunctionType or thing.__dict__):
            return super().call(thing, *args, **named)
        named.pop("_block_vars", None)
        named.pop("_loop_vars", None)
        return thing(*args, **named)
