"""The validation line: PSNR and CBR on fixed crops that no training step sees."""

import numpy as np
from keras import ops

from blocks.nn.jscc import nominal_eta
from experiments.training.crops import crop

SIZE, COUNT, BATCH = 256, 24, 8
QUALITIES = (0.2, 0.5, 0.8)
SNRS_DB = (4.0, 10.0)


def fixed_crops(photos, seed: int = 0, count: int = COUNT):
    """Crops that are always the same : [count, 256, 256, 3], uint8.

    And the photo that each is from : [count], int.
    """
    rng = np.random.default_rng(seed)
    large = [i for i in range(len(photos)) if min(photos[i].shape[:2]) >= SIZE]
    if not large:
        raise ValueError(f"some photos must have {SIZE}x{SIZE} pixels, got none")
    source = np.resize(large, count)
    return np.stack([crop(photos[i], SIZE, rng) for i in source]), source


def validate(objective, images: np.ndarray, contexts=None) -> dict[str, float]:
    """Send the crops at each quality and SNR, with the same noise every time.

    ``contexts`` : [len(images), D], float32, their embeddings, for codecs with any

    Output
    ------
    : PSNR [dB] and CBR of the payload, by quality and SNR; bits of z per pixel
    """
    kept = ops.convert_to_numpy(objective.noise.state)
    result = {}
    for quality in QUALITIES:
        for snr_db in SNRS_DB:
            objective.noise.state.assign(0 * kept + 7)
            at = f"q{quality:g}_{snr_db:g}dB"
            error, cbr, bpp_z = _means(objective, images, contexts, quality, snr_db)
            result |= {f"psnr_{at}": error, f"cbr_{at}": cbr, f"bppz_{at}": bpp_z}
    objective.noise.state.assign(kept)
    return result


def _means(objective, images, contexts, quality, snr_db) -> tuple[float, ...]:
    parts = [slice(i, i + BATCH) for i in range(0, len(images), BATCH)]
    rows = [
        _send(
            objective,
            images[part],
            None if contexts is None else contexts[part],
            quality,
            snr_db,
        )
        for part in parts
    ]
    error, uses, bits_z = (np.concatenate(c) for c in zip(*rows, strict=True))
    pixels = images[0].shape[0] * images[0].shape[1]
    psnr = -10 * np.log10(error)
    means = psnr.mean(), uses.mean() / (3 * pixels), bits_z.mean() / pixels
    return tuple(map(float, means))


def _send(objective, images, contexts, quality, snr_db):
    full = np.ones(len(images), np.float32)
    drawn = {
        "quality": quality * full,
        "eta": nominal_eta(snr_db) * full,
        "snr_db": snr_db * full,
        "design_snr_db": snr_db * full,
    }
    if contexts is not None:
        drawn["context"] = contexts
    batch = {"image": ops.convert_to_tensor(images)}
    batch |= {name: ops.convert_to_tensor(v, "float32") for name, v in drawn.items()}
    x, received, _, (_, bits_z), uses = objective(batch, training=False)
    error = ops.mean((x - ops.clip(received, 0, 1)) ** 2, axis=(1, 2, 3))
    return tuple(ops.convert_to_numpy(v) for v in (error, uses, bits_z))
