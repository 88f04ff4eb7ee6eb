"""Fits the model of the linear code: transform, spectrum, classes.

    python -m experiments.studies.fit_linear PHOTOS OUTPUT.npz

The model consists of second moments of photos. The fit of the classes alternates
between the best class of every block, at the code's own prices, and the moments of
every class; then again with tables of classes given their neighbours. Deterministic.
"""

import sys
from pathlib import Path

import numpy as np

from blocks.linear import model as linear_model
from blocks.linear.classes import choose_classes, context_rows, prices
from blocks.linear.model import NUM_BINS, SIDE, LinearModel
from blocks.phy.header import pack_colour, unpack_colour
from blocks.phy.side_information import EntropyCoder, fixed_point
from blocks.sources import folder

NUM_KEPT, NUM_SPECTRAL, NUM_CLASSES = 384, 3, 32
HELD_OUT = 16  # every sixteenth photo is held out
USED = 2  # every second of the others is used for the classes
CBR, NOISE, EFFICIENCY = 0.03, 0.05, 2.4  # operating point of the fit: 10 dB
SIDE_BITS = 1.6  # side information of a block, roughly
ALTERNATIONS, REFINEMENTS = 20, 4
LABEL_WEIGHT = 0.6  # share of the bits under the prior that remain with context
SMALLEST = 1e-4  # deviation


def main(photos: str, output: str) -> None:
    """Fit on a folder of photos, and write the model.

    Parameters
    ----------
    photos : folder of photos
    output : file to write, .npz
    """
    source = folder.build(photos)
    print(f"{len(source)} photos, SHA-256 {source.fingerprint()}", flush=True)
    fitted = [i for i in range(len(source)) if i % HELD_OUT]
    mean, basis, variance = fit_klt(source[i].data for i in fitted)
    basis = basis[:, :NUM_KEPT].astype(np.float16).astype(np.float32)
    print("transform done", flush=True)
    maps = [_coefficients(source[i].data, basis) for i in fitted[::USED]]
    model = fit_statistics(maps, basis)
    save(output, model, mean, variance[:NUM_KEPT])


def fit_klt(images) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Karhunen-Loeve transform of 16x16x3 blocks, pixels in [0, 1].

    Output
    ------
    mean : [768], float64
    basis : [768, 768], orthonormal columns, by falling variance
    variance : [768]
    """
    count, total, square = 0, np.zeros(3 * SIDE**2), np.zeros((3 * SIDE**2,) * 2)
    for image in images:
        blocks = _whole_blocks(image)
        count += len(blocks)
        total += blocks.sum(axis=0, dtype=np.float64)
        square += blocks.T @ blocks
    mean = total / count
    variance, basis = np.linalg.eigh(square / count - np.outer(mean, mean))
    variance, basis = variance[::-1], basis[:, ::-1]
    # fix the arbitrary signs of eigenvectors
    largest = np.abs(basis).argmax(axis=0)
    return mean, basis * np.sign(basis[largest, np.arange(len(largest))]), variance


def fit_statistics(maps: list, basis: np.ndarray) -> LinearModel:
    """Spectrum, classes and tables from images' coefficients, [(x, grid)]."""
    bins, spectrum = _spectrum(maps)
    x = np.concatenate([x[:, NUM_SPECTRAL:] for x, _ in maps])
    model = LinearModel(basis, spectrum, *_by_activity(x), bins, None)
    while True:
        for _ in range(ALTERNATIONS):
            model, cost = _alternated(model, x)
        print(f"{model.num_classes} classes, cost {cost:.4f}", flush=True)
        if model.num_classes >= NUM_CLASSES:
            break
        model = _doubled(model)
    # no context yet: every row of the tables is the prior
    tables = np.tile(model.prior, ((model.num_classes + 1) ** 2 + 1, 1))
    model = model._replace(coder=EntropyCoder(fixed_point(tables)))
    for _ in range(REFINEMENTS):
        model = _refined(model, maps, x)
    return model


def save(output: str, model: LinearModel, mean, variance) -> None:
    """Write the file of :func:`blocks.linear.model.shipped`, with the moments."""
    np.savez_compressed(
        output,
        mean=mean.astype(np.float32),
        basis=model.basis.astype(np.float16),
        variance=variance.astype(np.float32),
        log2_spectrum=np.log2(model.spectrum).astype(np.float16),
        log2_deviation=np.log2(model.deviation).astype(np.float16),
        prior=model.prior.astype(np.float32),
        bins=model.bins.astype(np.float32),
        frequencies=model.coder.frequencies,
    )
    print(f"{output}: {Path(output).stat().st_size} bytes")


def _coefficients(image: np.ndarray, basis: np.ndarray):
    """Coefficients of an image, as in the code : ([B, K], grid)."""
    # only basis and number of spectral coefficients are known so far
    empty = np.zeros((NUM_BINS, NUM_SPECTRAL))
    model = LinearModel(basis, empty, None, None, None, None)
    colour = unpack_colour(pack_colour(image.mean(axis=(0, 1))))
    grid = linear_model.grid_of(*image.shape[:2])
    return linear_model.analyse(image, colour, model), grid


def _whole_blocks(image: np.ndarray) -> np.ndarray:
    """Complete blocks, from the middle of an image : [n, 768], float32."""
    down, across = (n // SIDE for n in image.shape[:2])
    top, left = ((n % SIDE) // 2 for n in image.shape[:2])
    middle = image[top : top + down * SIDE, left : left + across * SIDE]
    blocks = middle.reshape(down, SIDE, across, SIDE, 3).swapaxes(1, 2)
    return blocks.reshape(down * across, -1).astype(np.float32) / 255


def _spectrum(maps) -> tuple[np.ndarray, np.ndarray]:
    """Share of coefficients in each bin [NUM_BINS], deviation [NUM_BINS, L]."""
    count, square = np.zeros(NUM_BINS), np.zeros((NUM_BINS, NUM_SPECTRAL))
    for x, grid in maps:
        squares = x[:, :NUM_SPECTRAL].astype(np.float64) ** 2
        squares[0] /= len(x)  # the mean's grows with the image
        bins = linear_model.frequency_bins(grid)
        np.add.at(count, bins, 1)
        np.add.at(square, bins, squares)
    seen = np.flatnonzero(count[1:]) + 1
    # interpolate bins without coefficients
    variance = square / np.maximum(count, 1)[:, None]
    for column in variance.T:
        of_seen = np.log(column[seen])
        column[1:] = np.exp(np.interp(np.arange(1, NUM_BINS), seen, of_seen))
    return count / count.sum(), np.sqrt(variance)


def _by_activity(x: np.ndarray, num_classes: int = 8) -> tuple[np.ndarray, np.ndarray]:
    """Initial classes: quantiles of the blocks' energy."""
    energy = np.einsum("bk,bk->b", x, x)
    order = np.argsort(np.argsort(energy))
    return _moments(x, order * num_classes // len(x), num_classes)


def _moments(x, classes, num_classes) -> tuple[np.ndarray, np.ndarray]:
    """Deviation [S, K - L] and share [S] of each class."""
    deviation = np.empty((num_classes, x.shape[1]))
    for s in range(num_classes):
        members = x[classes == s]
        squares = np.einsum("bk,bk->k", members, members, dtype=np.float64)
        deviation[s] = np.sqrt(squares / max(len(members), 1))
    share = (np.bincount(classes, minlength=num_classes) + 1) / (len(x) + num_classes)
    return np.maximum(deviation, SMALLEST), share


def _prices(model: LinearModel):
    """The code's prices at the threshold that meets the rate of the fit."""
    sigma, count = model.population()
    order = np.argsort(sigma)[::-1]
    dimensions = 2 * (CBR * 3 * SIDE**2 - SIDE_BITS / EFFICIENCY)
    last = np.searchsorted(np.cumsum(count[order]), dimensions)
    return prices(model, sigma[order[last]], NOISE, True, EFFICIENCY)


def _alternated(model: LinearModel, x: np.ndarray) -> tuple[LinearModel, float]:
    """Choose the best class of every block, then update the moments."""
    paid = _prices(model)
    fixed = paid.constant - paid.bit * LABEL_WEIGHT * np.log2(model.prior)
    cost = (x * x) @ paid.squares.T + fixed.astype(np.float32)
    classes = cost.argmin(axis=1)
    deviation, prior = _moments(x, classes, model.num_classes)
    mean_cost = float(np.mean(cost.min(axis=1), dtype=np.float64))
    return model._replace(deviation=deviation, prior=prior), mean_cost


def _doubled(model: LinearModel) -> LinearModel:
    """Split every class into two slightly different ones."""
    draw = np.random.default_rng(model.num_classes).normal(size=model.deviation.shape)
    pairs = [model.deviation * np.exp(sign * 0.1 * draw) for sign in (-1, 1)]
    return model._replace(
        deviation=np.concatenate(pairs), prior=np.tile(model.prior / 2, 2)
    )


def _refined(model: LinearModel, maps, x: np.ndarray) -> LinearModel:
    """Choose classes given their neighbours, then update moments and tables."""
    paid = _prices(model)
    chosen = [
        choose_classes(part[:, NUM_SPECTRAL:], grid, model, paid) for part, grid in maps
    ]
    classes = np.concatenate(chosen)
    rows = [
        context_rows(c, grid, model.num_classes)
        for c, (_, grid) in zip(chosen, maps, strict=True)
    ]
    bits = model.coder.bits[np.concatenate(rows), classes].mean()
    print(f"{bits:.3f} bits for a class", flush=True)
    deviation, prior = _moments(x, classes, model.num_classes)
    model = model._replace(deviation=deviation, prior=prior)
    pairs = _of_neighbours(np.concatenate(rows), classes, model.num_classes)
    gains = [linear_model.gains_of(part, grid, model) for part, grid in maps]
    of_gains = np.bincount(np.concatenate(gains), minlength=model.num_classes) + 1.0
    tables = fixed_point(np.concatenate([pairs, of_gains[None] / of_gains.sum()]))
    return model._replace(coder=EntropyCoder(tables))


def _of_neighbours(rows, classes, num_classes: int) -> np.ndarray:
    """Probability of a class given those to the left and above : [(S + 1)^2, S].

    Rare pairs fall back on each neighbour alone, and these on the class alone.
    """
    n = num_classes + 1
    seen = np.bincount(rows * num_classes + classes, minlength=n * n * num_classes)
    seen = seen.reshape(n, n, num_classes).astype(np.float64)
    alone = seen.sum(axis=(0, 1)) + 1
    alone /= alone.sum()
    sides = [seen.sum(axis=axis, keepdims=True) + 20 * alone for axis in (1, 0)]
    sides = [side / side.sum(axis=-1, keepdims=True) for side in sides]
    either = sides[0] * sides[1] / alone
    either /= either.sum(axis=-1, keepdims=True)
    both = seen + 30 * either
    return (both / both.sum(axis=-1, keepdims=True)).reshape(n * n, num_classes)


if __name__ == "__main__":
    main(*sys.argv[1:])
