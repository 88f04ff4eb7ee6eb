"""``semlink check``: whether a component keeps the contract of its kind."""

from typing import Annotated

import typer

checking = typer.Typer()


@checking.command()
def check(
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="FILE|NAME ...", help="Components, such as mine.py or rayleigh."
        ),
    ] = None,
    kind: Annotated[
        str, typer.Option(help="Kind; by default, it follows from what build returns.")
    ] = "",
    source: Annotated[
        str, typer.Option(help="Source of samples for transmitters and tasks.")
    ] = "",
    quick: Annotated[
        bool, typer.Option(help="Few samples, and no process without a transmitter.")
    ] = False,
    first_use: Annotated[
        bool, typer.Option("--first-use", help="Check as a sweep does; print the time.")
    ] = False,
    rules: Annotated[bool, typer.Option(help="Print the rules of all kinds.")] = False,
) -> None:
    """Print whether components keep their contract; status 1 if a rule is broken."""
    from experiments.checking.kinds import checked_as_in_a_sweep, subject_of
    from experiments.checking.printing import print_rules, print_verdicts
    from semlink.errors import InputError

    if rules:
        print_rules()
        return
    if not words:
        raise InputError("check needs a file or the name of a component, got nothing")
    subjects = [subject_of(word, kind, source, quick) for word in words]
    if first_use:
        for subject in subjects:
            typer.echo(checked_as_in_a_sweep(subject))
        return
    kept = [print_verdicts(subject) for subject in subjects]
    raise typer.Exit(0 if all(kept) else 1)
