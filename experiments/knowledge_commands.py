"""``python -m experiments kb COMMAND``: knowledge bases, from the command line."""

from pathlib import Path
from typing import Annotated

import typer

kb = typer.Typer(no_args_is_help=True, help="Knowledge bases of descriptions.")

Base = Annotated[
    Path | None, typer.Option(help="Knowledge base (default: the one that is shipped).")
]
Encoder = Annotated[str, typer.Option(help="Text encoder.")]
Agent = Annotated[str, typer.Option(help="Agent that describes.")]
Output = Annotated[Path, typer.Option(help="File to write.")]


@kb.command("build")
def kb_build(
    source: Annotated[Path, typer.Option(help="Folder of photos, or COCO's captions.")],
    output: Output,
    size: Annotated[int, typer.Option(min=1, help="Entries at most.")] = 4096,
    agent: Agent = "detector",
    encoder: Encoder = "minilm",
) -> None:
    """Describe photos, or take captions, and embed what differs most."""
    from experiments.knowledge import build

    build(source, output, size, agent, encoder)


@kb.command("embed")
def kb_embed(
    source: Annotated[Path, typer.Option(help="Folder of photos.")],
    output: Output,
    base: Base = None,
    agent: Agent = "detector",
    encoder: Encoder = "minilm",
) -> None:
    """Look up every photo in a base, for networks to be trained with."""
    from experiments.knowledge import embed

    embed(source, output, base, agent, encoder)


@kb.command("merge")
def kb_merge(
    bases: list[Path],
    output: Output,
) -> None:
    """Write several bases as one."""
    from experiments.knowledge import merge

    merge(bases, output)


@kb.command("show")
def kb_show(base: Base = None) -> None:
    """Say what is in a base."""
    from experiments.knowledge import show

    show(base)


@kb.command("search")
def kb_search(
    text: str,
    base: Base = None,
    k: Annotated[int, typer.Option(min=1, help="How many.")] = 5,
    encoder: Encoder = "minilm",
) -> None:
    """Print the entries that are nearest to a text."""
    from experiments.knowledge import search

    search(text, base, k, encoder)
