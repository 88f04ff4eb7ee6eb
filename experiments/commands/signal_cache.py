"""The cache of plans and signals, keyed by the code and the packages that make them."""

import contextlib
import functools
import hashlib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from semlink.store.cache import DiskCache
from semlink.store.files import sha256

MAKES_SIGNALS = ("semlink", "blocks", "baselines", "channels")
PACKAGES = (
    "tensorflow-cpu",
    "sionna-no-rt",
    "keras",
    "numpy",
    "scipy",
    "pillow",
    "pillow-heif",
    "imageio-ffmpeg",
    "glymur",
    "pyldpc",
    "scikit-image",
)
STANDS_FOR = {"tensorflow-cpu": ("tensorflow",)}  # after make venv GPU=1


def signal_cache(folder: Path, limit_gib: float) -> DiskCache | None:
    """The cache of plans and signals between sweeps; ``None`` at a limit of zero."""
    if limit_gib == 0:
        return None
    key = f"{code_sha256()} {list(package_versions().values())}"
    return DiskCache(folder, limit_gib * 2**30, key)


@functools.cache
def code_sha256() -> str:
    """Hash of all code and tables that plans and signals depend on."""
    root, digest = Path(__file__).parents[2], hashlib.sha256()
    for path in sorted(p for f in MAKES_SIGNALS for p in (root / f).rglob("*.*")):
        if path.suffix in (".py", ".csv", ".npz"):
            digest.update(f"{path.relative_to(root)} {sha256(path)}".encode())
    return digest.hexdigest()


def package_versions() -> dict[str, str | None]:
    """Versions of the packages that numbers depend on; ``None`` for a missing extra."""
    return {name: _version(name) for name in PACKAGES}


def _version(package: str) -> str | None:
    for name in (package, *STANDS_FOR.get(package, ())):
        with contextlib.suppress(PackageNotFoundError):
            return version(name) if name == package else f"{name} {version(name)}"
    return None
