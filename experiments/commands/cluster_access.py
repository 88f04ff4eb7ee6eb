"""Access to a cluster: whoever reaches its ports runs code as the user who started it.

Without TLS they are open on this machine alone. With TLS both ends of each connection
prove that they have the one certificate of the cluster.
"""

import ipaddress
import os
import re
import socket
import ssl
import subprocess
import time
from pathlib import Path

from semlink.errors import InputError

VALID_DAYS = 365
# independent of the configuration of openssl on this machine
OPENSSL = """
[req]
distinguished_name = name
x509_extensions = authority
[name]
[authority]
basicConstraints = critical, CA:TRUE
"""


def write_keys(path: Path) -> None:
    """Write a new key and its self-signed certificate, readable by their owner alone.

    Parameters
    ----------
    path : PEM file to write; it must not exist yet

    Raises
    ------
    InputError
        If the file exists, or ``openssl`` is missing or fails.
    """
    if path.exists():
        raise InputError(f"the file of a new certificate must not exist, got {path}")
    command = ["openssl", "req", "-x509", "-days", str(VALID_DAYS), "-subj"]
    command += ["/CN=semlink", "-nodes", "-newkey", "ec", "-pkeyopt"]
    command += ["ec_paramgen_curve:P-256", "-config", "/dev/stdin"]
    try:
        done = subprocess.run(command, input=OPENSSL.encode(), capture_output=True)
    except FileNotFoundError:
        raise InputError("certificates need the program openssl, got none") from None
    if done.returncode:
        raise InputError(f"openssl made no certificate: {done.stderr.decode()}")
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(done.stdout)


def security_of(tls: Path | None):
    """Security settings of dask for the certificate of a cluster; ``None`` without.

    Parameters
    ----------
    tls : PEM file with the certificate and its key

    Raises
    ------
    InputError
        If the file is missing or holds anything else, or the certificate has expired.
    """
    if tls is None:
        return None
    from distributed import Security

    roles = ("scheduler", "worker", "client")
    fields = [f"tls_{role}_{part}" for role in roles for part in ("cert", "key")]
    files = dict.fromkeys(["tls_ca_file", *fields], str(tls.absolute()))
    security = Security(require_encryption=True, **files)
    try:
        context = security.get_listen_args("scheduler")["ssl_context"]
    except OSError as error:
        raise InputError(
            f"TLS needs a certificate of make cluster-keys, got {tls}: {error}"
        ) from None
    for certificate in context.get_ca_certs():
        if ssl.cert_time_to_seconds(certificate["notAfter"]) < time.time():
            raise InputError(
                f"TLS needs a certificate that is valid, got {tls}, which expired on "
                f"{certificate['notAfter']}; make cluster-keys makes a new one"
            )
    return security


def refuse_open_host(host: str, tls: Path | None) -> None:
    """Without TLS, listen on this machine alone.

    Raises
    ------
    InputError
        If the host is unknown, or is reached from other machines.
    """
    if not is_loopback(host) and tls is None:
        raise InputError(
            f"a scheduler that other machines reach needs TLS certificates (make "
            f"cluster-keys, then TLS=FILE or --tls FILE), got host {host!r} without"
        )


def refuse_other_addresses(scheduler: str, tls: Path | None) -> None:
    """Accept the address of a scheduler only, beyond this machine with TLS only.

    Raises
    ------
    InputError
        If it is no address of a scheduler, or does not agree with ``tls``.
    """
    address = re.fullmatch(r"(tcp|tls)://([^\s/]+):\d+", scheduler)
    if not address:
        raise InputError(
            f"a scheduler is tcp://HOST:PORT or tls://HOST:PORT, got {scheduler!r}"
        )
    protocol, host = address.groups()
    if protocol == "tls" and tls is None:
        raise InputError(
            f"{scheduler} needs the TLS certificate of the scheduler (TLS=FILE or "
            f"--tls FILE), got none"
        )
    if protocol == "tcp" and tls is not None:
        raise InputError(f"with TLS a scheduler is tls://HOST:PORT, got {scheduler!r}")
    if protocol == "tcp" and not is_loopback(host.strip("[]")):
        raise InputError(
            f"a scheduler on another machine is tls://HOST:PORT, with its TLS "
            f"certificate, got {scheduler!r}"
        )


def is_loopback(host: str) -> bool:
    """Whether a name or IP address is reached from this machine alone.

    No name stands for every interface, as it does where dask listens.

    Raises
    ------
    InputError
        If there is no such host.
    """
    try:
        found = socket.getaddrinfo(host, None) if host else []
    except OSError as error:
        raise InputError(f"no such host, got {host!r}: {error}") from None
    addresses = [ipaddress.ip_address(end[0]) for *_, end in found]
    return bool(addresses) and all(each.is_loopback for each in addresses)
