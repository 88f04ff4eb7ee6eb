"""``semlink kb COMMAND``: knowledge bases, from the command line."""

from pathlib import Path
from typing import Annotated

import typer

kb = typer.Typer(no_args_is_help=True, help="Knowledge bases of descriptions.")

Base = Annotated[
    Path | None, typer.Option(help="Knowledge base (default: the one that is shipped).")
]
Encoder = Annotated[str, typer.Option(help="Text encoder.")]
Describer = Annotated[str, typer.Option(help="Describer.")]
Output = Annotated[Path, typer.Option(help="File to write.")]


@kb.command("build")
def kb_build(
    source: Annotated[Path, typer.Option(help="Folder of photos, or COCO's captions.")],
    output: Output,
    size: Annotated[int, typer.Option(min=1, help="Entries at most.")] = 4096,
    describer: Describer = "detector",
    encoder: Encoder = "minilm",
) -> None:
    """Build a base of photos or captions; the most distinct entries are in OUTPUT."""
    from experiments.studies.knowledge import build

    build(source, output, size, describer, encoder)


@kb.command("embed")
def kb_embed(
    source: Annotated[Path, typer.Option(help="Folder of photos.")],
    output: Output,
    base: Base = None,
    describer: Describer = "detector",
    encoder: Encoder = "minilm",
) -> None:
    """Look up every photo in a base; the embeddings for training are in OUTPUT."""
    from experiments.studies.knowledge import embed

    embed(source, output, base, describer, encoder)


@kb.command("merge")
def kb_merge(
    bases: Annotated[list[Path], typer.Argument(help="Knowledge bases.")],
    output: Output,
) -> None:
    """Write several bases as one, to OUTPUT."""
    from experiments.studies.knowledge import merge

    merge(bases, output)


@kb.command("show")
def kb_show(base: Base = None) -> None:
    """Print the contents of a base."""
    from experiments.studies.knowledge import show

    show(base)


@kb.command("search")
def kb_search(
    text: Annotated[str, typer.Argument(help="Text to search for.")],
    base: Base = None,
    k: Annotated[int, typer.Option(min=1, help="Number of entries.")] = 5,
    encoder: Encoder = "minilm",
) -> None:
    """Print the entries nearest to a text."""
    from experiments.studies.knowledge import search

    search(text, base, k, encoder)
