"""Build, merge, show and search knowledge bases of descriptions."""

import io
import json
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image
from rich.console import Console
from rich.progress import track

from blocks.knowledge.base import DEFAULT, KnowledgeBase, Search, load
from blocks.knowledge.perception import Describer, build_describer, text_encoder
from experiments.training.photos import Photos, find_photos
from semlink.errors import InputError
from semlink.store.files import write_whole

# Parts of a photo that are also described: x, y, side, in shares of the photo.
PARTS = ((0.0, 0.0, 0.6), (0.4, 0.0, 0.6), (0.0, 0.4, 0.6), (0.4, 0.4, 0.6))


def build(source: Path, output: Path, size: int, describer: str, encoder: str) -> None:
    """Build a base from descriptions of photos, or from captions in COCO's layout.

    Parameters
    ----------
    source : folder of photos, or a JSON file with COCO's ``annotations``
    output : file to write
    size : largest number of entries; the most different ones are kept
    describer, encoder : describer and text encoder, as on the command line

    Raises
    ------
    InputError
        There are no photos or captions.
    """
    if source.is_dir():
        texts = _described(source, build_describer(describer))
    else:
        texts = _captions(source)
    texts = list(dict.fromkeys(texts))
    embed = text_encoder(encoder)
    base = KnowledgeBase(texts, embed(texts).pooled, embed.version)
    if len(base) > size:
        kept = np.sort(most_different(base.vectors.astype(np.float32), size))
        base = KnowledgeBase([texts[i] for i in kept], base.vectors[kept], base.encoder)
    base.save(output)
    show(output)


def embed(
    source: Path, output: Path, path: Path | None, describer: str, encoder: str
) -> None:
    """Look up the nearest entry for the description of each photo, for training.

    Writes ``names`` [N] and ``vectors`` [N, D], float16, of the nearest entries.

    Parameters
    ----------
    source : folder of photos
    output : file to write
    path : knowledge base; the shipped one by default
    describer, encoder : describer and text encoder, as on the command line
    """
    base, embedding = _base_of(path, encoder)
    photos, describe = _photos(source), build_describer(describer)
    steps = track(range(len(photos)), "describing", transient=True)
    texts = [describe(photos[i], {}) for i in steps]
    index, distance = base.nearest(embedding(texts).pooled)
    file = io.BytesIO()
    np.savez(file, names=photos.names, vectors=base.vectors[index[:, 0]])
    write_whole(output, file.getvalue())
    used = f"{len(np.unique(index))} of {len(base)} entries"
    print(f"{output}: {len(texts)} photos, {used}, mean distance {distance.mean():.3f}")


def merge(paths: list[Path], output: Path) -> None:
    """Merge several bases and write the result."""
    first, *others = (load(path) for path in paths)
    for other in others:
        first = first.merged(other)
    first.save(output)
    show(output)


def show(path: Path | None) -> None:
    """Print the properties of a base."""
    base = load(path or DEFAULT)
    count, width = base.vectors.shape
    console = Console(highlight=False, markup=False, soft_wrap=True)
    console.print(f"{path or DEFAULT}")
    console.print(
        f"entries  {count} of {width} values, {base.index_bits} bits an index"
    )
    console.print(f"encoder  {base.encoder}")
    console.print(f"version  {base.version}")
    for i in np.linspace(0, count - 1, 3).astype(int):
        console.print(f"{i:>7}  {base.texts[i]}")


def search(
    text: str, path: Path | None, k: int, encoder: str, kind: Search = "auto"
) -> None:
    """Print the entries nearest to a text."""
    # the bytes that were typed are UTF-8, even where the locale is ASCII
    text = os.fsencode(text).decode(errors="replace")
    base, embedding = _base_of(path, encoder, kind)
    index, distance = base.nearest(embedding([text]).pooled, k)
    console = Console(highlight=False, markup=False, soft_wrap=True)
    for i, d in zip(index[0], distance[0], strict=True):
        console.print(f"{d:8.4f}  {i:>7}  {base.texts[i]}")


def most_different(vectors: np.ndarray, count: int) -> np.ndarray:
    """Choose the most different vectors : [N, D] -> [count], indices.

    Farthest-first traversal: the next vector has the farthest nearest chosen one.
    """
    nearest = np.full(len(vectors), np.inf, np.float32)
    chosen = np.zeros(count, int)  # begins with the first vector
    square = (vectors**2).sum(axis=1)
    for i in range(count):
        if i:
            chosen[i] = nearest.argmax()
        one = vectors[chosen[i]]
        nearest = np.minimum(nearest, square + one @ one - 2 * vectors @ one)
        nearest[chosen[i]] = -np.inf
    return chosen


def _base_of(path: Path | None, encoder: str, search: Search = "auto"):
    """A base and its text encoder."""
    base, embedding = load(path or DEFAULT, search=search), text_encoder(encoder)
    if embedding.version != base.encoder:
        raise InputError(
            f"the text encoder must be the base's, {base.encoder!r}, got "
            f"{embedding.version!r}"
        )
    return base, embedding


def _photos(folder: Path) -> Photos:
    try:
        return find_photos(folder)
    except FileNotFoundError:
        raise InputError(
            f"there must be photos below {str(folder)!r}, got none"
        ) from None


def _described(folder: Path, describe: Describer) -> Iterator[str]:
    photos = _photos(folder)
    for i in track(range(len(photos)), "describing", transient=True):
        for part in _parts(photos[i]):
            yield describe(part, {})


def _parts(photo: np.ndarray) -> Iterator[np.ndarray]:
    """The whole photo, and its four corners, each slightly more than a quarter."""
    yield photo
    height, width, _ = photo.shape
    for x, y, side in PARTS:
        box = (x * width, y * height, (x + side) * width, (y + side) * height)
        yield np.asarray(Image.fromarray(photo).crop([int(v) for v in box]))


def _captions(file: Path) -> list[str]:
    where = f"captions {str(file)!r}"
    try:
        annotations = json.loads(file.read_text("utf-8"))["annotations"]
        texts = [a["caption"].strip() for a in annotations]
    except OSError as error:
        raise InputError(f"{where} must be readable, got {error.strerror}") from None
    except (AttributeError, KeyError, RecursionError, TypeError, ValueError) as error:
        reason = type(error).__name__
        raise InputError(f"{where} must be as COCO has them, got {reason}") from None
    if not texts:
        raise InputError(f"{where} must hold captions, got none")
    return texts
