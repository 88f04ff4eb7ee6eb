"""``semlink COMMAND``: commands of clusters."""

from pathlib import Path
from typing import Annotated

import typer

clustering = typer.Typer()
Tls = Annotated[
    Path | None, typer.Option(help="TLS certificate of the cluster, a PEM file.")
]


@clustering.command()
def scheduler(
    host: Annotated[
        str, typer.Option(help="Address to listen on; beyond this machine with --tls.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port.")] = 8786,
    tls: Tls = None,
) -> None:
    """Let workers and sweeps meet, until Ctrl-C; the sweep has the results.

    Whoever can join runs code as you: every user of this machine, or whoever reaches
    the host and has the TLS certificate.
    """
    from experiments.commands.cluster import serve

    serve(host, port, tls)


@clustering.command()
def worker(
    scheduler: Annotated[
        str, typer.Argument(help="tcp://HOST:PORT, or tls://HOST:PORT with --tls.")
    ],
    tls: Tls = None,
) -> None:
    """Simulate points for a scheduler until it ends; the sweep has the results."""
    from experiments.commands.cluster import work_for

    work_for(scheduler, tls)


@clustering.command("cluster-keys")
def cluster_keys(
    output: Annotated[Path, typer.Argument(help="PEM file to write.")] = Path(
        "cluster.pem"
    ),
) -> None:
    """Make a TLS certificate and its key for a cluster, into OUTPUT (needs openssl)."""
    from experiments.commands.cluster_access import VALID_DAYS, write_keys

    write_keys(output)
    typer.echo(
        f"{output} lets whoever has it run code as you, for {VALID_DAYS} days: copy it "
        "to the machines of the cluster, and nowhere else"
    )
