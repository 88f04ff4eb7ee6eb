"""Validation: PSNR and CBR on fixed, held-out crops."""

import numpy as np
from keras import ops

from blocks.nn.jscc import nominal_eta
from experiments.training.crops import crop
from experiments.training.variants import ms_ssim

SIZE, COUNT, BATCH = 256, 24, 8
QUALITIES = (0.4, 0.7, 1.0)
SNRS_DB = (10.0, 20.0)
COLUMNS = ("psnr", "ms_ssim", "cbr", "bppz")


def fixed_crops(photos, seed: int = 0, count: int = COUNT):
    """Fixed crops : [count, 256, 256, 3], uint8, and their photos : [count], int."""
    rng = np.random.default_rng(seed)
    large = [i for i in range(len(photos)) if min(photos[i].shape[:2]) >= SIZE]
    if not large:
        raise ValueError(
            f"some photos must have {SIZE}x{SIZE} pixels, got none of {len(photos)}"
        )
    source = np.resize(large, count)
    return np.stack([crop(photos[i], SIZE, rng) for i in source]), source


def validate(objective, images: np.ndarray, contexts=None) -> dict[str, float]:
    """Send the crops at each quality and SNR, with the same noise every time.

    ``contexts`` : [len(images), D], float32, their embeddings, for codecs with any

    Output
    ------
    : PSNR [dB], MS-SSIM and CBR of payload and digital layer, by quality and SNR; bits
        of z per pixel
    """
    kept = ops.convert_to_numpy(objective.noise.state)
    result = {}
    for quality in QUALITIES:
        for snr_db in SNRS_DB:
            objective.noise.state.assign(0 * kept + 7)
            at = f"q{quality:g}_{snr_db:g}dB"
            means = _means(objective, images, contexts, quality, snr_db)
            result |= {
                f"{name}_{at}": v for name, v in zip(COLUMNS, means, strict=True)
            }
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
    received, uses, bits_z = (np.concatenate(c) for c in zip(*rows, strict=True))
    pixels = images[0].shape[0] * images[0].shape[1]
    error = np.mean((images / 255 - received) ** 2, axis=(1, 2, 3))
    shown = np.round(255 * received) / 255
    similar = np.concatenate(
        [_ms_ssim(images[part] / 255, shown[part]) for part in parts]
    )
    means = -10 * np.log10(error), similar, uses / (3 * pixels), bits_z / pixels
    return tuple(float(np.mean(values)) for values in means)


def _ms_ssim(images: np.ndarray, received: np.ndarray) -> np.ndarray:
    """MS-SSIM of pictures : [B, H, W, 3] from 0 to 1, twice -> [B]."""
    pairs = (ops.convert_to_tensor(x, "float32") for x in (images, received))
    return ops.convert_to_numpy(ms_ssim(*pairs))


def _send(objective, images, contexts, quality, snr_db):
    full = np.ones(len(images), np.float32)
    drawn = {
        "quality": quality * full,
        "eta": nominal_eta(snr_db) * full,
        "snr_db": snr_db * full,
        "design_snr_db": snr_db * full,
        "layer": full,
    }
    if contexts is not None:
        drawn["context"] = contexts
    batch = {name: np.asarray(v, np.float32) for name, v in drawn.items()}
    # compiled, because eager JAX takes minutes
    sent = objective.predict_on_batch({"image": images, **batch})
    _, received, _, (_, bits_z), uses = sent
    return np.clip(received, 0, 1), uses, bits_z
