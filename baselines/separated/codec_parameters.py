"""Parameters of a codec as parameters of its transmitter."""

import functools
import inspect
from collections.abc import Callable
from typing import Any


def with_parameters_of(make_codec: Callable) -> Callable[[Callable], Callable]:
    """Decorate ``build(own, **others)``, to take the parameters of a codec by name.

    The schema of a component is the signature of its ``build``: ``own`` is replaced by
    the parameters of ``make_codec``, whose values it is given as a dictionary.
    """
    own = inspect.signature(make_codec).parameters
    hints = inspect.get_annotations(_function(make_codec))

    def decorated(build: Callable) -> Callable:
        @functools.wraps(build)
        def built(**params: Any):
            given = {name: params.pop(name) for name in own if name in params}
            return build(given, **params)

        others = inspect.signature(build).parameters
        by_name = inspect.Parameter.KEYWORD_ONLY
        both = [
            parameter.replace(kind=by_name)
            for name, parameter in {**own, **others}.items()
            if name != "own"
        ]
        built.__signature__ = inspect.Signature(both)
        known = hints | build.__annotations__
        built.__annotations__ = {k: v for k, v in known.items() if k in {*own, *others}}
        built.__annotations__.pop("own", None)
        return built

    return decorated


def _function(make_codec: Callable) -> Callable:
    """The function whose annotations are those of the parameters."""
    return make_codec.__init__ if inspect.isclass(make_codec) else make_codec
