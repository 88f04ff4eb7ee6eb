"""What there is: components with their parameters, messages with their schemas."""

import inspect
import json
import types
from pathlib import Path
from typing import Literal, Union, get_args, get_origin

from rich.console import Console

from experiments.compose import catalogue
from semlink.signalling.layout import LAYOUTS
from semlink.signalling.messages import VERSION, Message
from semlink.store.files import write_whole


def print_components() -> None:
    """Print what each registry knows."""
    console = Console(highlight=False, markup=False, soft_wrap=True)
    for kind, registry in catalogue().registries.items():
        console.print(kind, style="bold")
        for name in registry.names():
            console.print(f"  {name:<18} {registry.summary(name)}")
            for parameter in registry.schema(name).values():
                console.print(f"      {_described(parameter)}", style="dim")


def _described(parameter: inspect.Parameter) -> str:
    """``name: type = default`` as one would write it."""
    default = parameter.default
    if isinstance(default, str) and not (default and default.isprintable()):
        default = repr(default)  # what would not be seen, or break the line
    tail = " (required)" if default is inspect.Parameter.empty else f" = {default}"
    return f"{parameter.name}: {_type_name(parameter.annotation)}{tail}"


def _type_name(annotation) -> str:
    """A type as the user needs to know it: what is allowed, with its limits."""
    if hasattr(annotation, "__metadata__"):
        limits = [limit for m in annotation.__metadata__ for limit in _limits(m)]
        return " ".join([_type_name(annotation.__origin__), *limits])
    if get_origin(annotation) in (types.UnionType, Union):
        return " or ".join(map(_type_name, get_args(annotation)))
    if get_origin(annotation) is Literal:
        return " | ".join(map(str, get_args(annotation)))
    return getattr(annotation, "__name__", str(annotation)).replace("NoneType", "none")


def _limits(field) -> list[str]:
    """The numeric limits of a pydantic field, such as ``> 0``."""
    signs = {"gt": ">", "ge": ">=", "lt": "<", "le": "<="}
    return [
        f"{sign} {getattr(rule, name)}"
        for rule in getattr(field, "metadata", ())
        for name, sign in signs.items()
        if hasattr(rule, name)
    ]


def schema_text(kind: type[Message]) -> str:
    """The schema of a message, as its file has it."""
    return json.dumps(kind.model_json_schema(), indent=2) + "\n"


def schema_files() -> dict[str, str]:
    """Schemas of all messages, by the names of their files."""
    return {
        f"{kind.__name__.lower()}.v{VERSION}.json": schema_text(kind)
        for kind in LAYOUTS
    }


def write_schemas(folder: Path) -> list[Path]:
    """Write a file for each message."""
    folder.mkdir(parents=True, exist_ok=True)
    files = schema_files()
    for name, text in files.items():
        write_whole(folder / name, text.encode())
    return [folder / name for name in files]
