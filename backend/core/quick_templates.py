"""Templates that call and escape with fewer questions: a page calls some hundred words and macros, and escapes twice as
many pieces, most of which macros have escaped already. Together a third of the time it takes to draw.
"""

from functools import partial
from types import FunctionType
from typing import Any

from jinja2 import Environment
from jinja2.compiler import CodeGenerator, Frame
from jinja2.nodes import EvalContext
from jinja2.runtime import Context, Macro
from markupsafe import Markup, escape


class _Calls(Context):
    """Jinja asks each thing it calls, in four ways, whether it wants to be given the context. Macros always want their
    part of it, and of functions those without a mark (``jinja2.pass_context``) want nothing."""

    def call(self, thing: Any, /, *args: Any, **named: Any) -> Any:
        kind = type(thing)
        if kind is Macro:
            args = (self.eval_ctx, *args)
        elif kind is not partial and (kind is not FunctionType or thing.__dict__):
            return super().call(thing, *args, **named)
        named.pop("_block_vars", None)
        named.pop("_loop_vars", None)
        return thing(*args, **named)


class _Escapes(CodeGenerator):
    """Writes ``environment.escaped`` where Jinja writes ``escape``."""

    def _output_child_pre(self, node: Any, frame: Frame, finalize: Any) -> None:
        context: EvalContext = frame.eval_ctx
        if context.volatile or not context.autoescape or finalize.src is not None:
            super()._output_child_pre(node, frame, finalize)
        else:
            self.write("environment.escaped(")


class QuickEnvironment(Environment):
    """An environment whose templates draw the same in less time."""

    context_class = _Calls
    code_generator_class = _Escapes

    @staticmethod
    def escaped(piece: Any) -> str:
        """``piece`` for a page: as it is where it is markup already."""
        return piece if type(piece) is Markup else escape(piece)
