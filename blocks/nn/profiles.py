"""Profiles (sizes) of a codec's networks, and the start of their training."""

from collections.abc import Mapping

import numpy as np
from keras import ops

from blocks.nn.base_layer import base_picture, base_values
from blocks.nn.classes import fit_classes
from blocks.nn.codec import Codec, Profile, quantiser_step

# Width of the context embedding of each model; 0 for none.
MODELS = {"ntscc": 0, "akb_jscc": 384}
BASE = Profile(
    channels=384,
    hyper_width=128,
    hyper_channels=32,
    widths=(64, 96, 192),
    analysis_depths=(1, 1, 2),
    synthesis_depths=(3, 2, 4),
    jscc_depth=2,
    heads=6,
    window=8,
    classes=64,
)
# Half as wide, for ablations.
SMALL = BASE._replace(channels=256, widths=(32, 48, 96), jscc_depth=1, heads=3)
PROFILES: Mapping[str, Profile] = {
    "tiny": Profile(
        channels=32,
        hyper_width=24,
        hyper_channels=8,
        widths=(16, 24, 32),
        analysis_depths=(1, 1, 2),
        synthesis_depths=(1, 1, 2),
        jscc_depth=1,
        heads=2,
        window=4,
        classes=8,
    ),
    "small": SMALL,
    # the same operations as small, more of them at 1/16 or at 1/8 of the resolution
    "small_wide": SMALL._replace(
        widths=(32, 48, 112),
        heads=4,
        analysis_depths=(1, 0, 2),
        synthesis_depths=(3, 1, 4),
    ),
    "small_deep": SMALL._replace(
        widths=(32, 48, 72), analysis_depths=(1, 2, 2), synthesis_depths=(3, 4, 4)
    ),
    "base": BASE,
    # base with more blocks at low resolution, so that it can start from base weights
    "large": BASE._replace(analysis_depths=(1, 3, 4), synthesis_depths=(3, 5, 8)),
}


def make_codec(profile: str, context: int = 0) -> Codec:
    """Make the networks of a profile, with random weights.

    ``context`` is the width of the embedding that they attend to, or 0.

    Raises
    ------
    KeyError
        The profile does not exist; the message lists those that do.
    """
    if profile not in PROFILES:
        known = ", ".join(PROFILES)
        raise KeyError(f"no profile {profile!r}; there are {known}")
    codec = Codec(PROFILES[profile]._replace(context=context))
    codec.build()
    return codec


def start_at_klt(codec: Codec, klt: Mapping[str, np.ndarray], images) -> None:
    """Set the linear paths to the KLT, so that training starts at the linear code.

    They are not trained: the learning rate of the networks would blur the transform.

    Parameters
    ----------
    klt : ``basis`` [768, >= M] with orthonormal columns
    images : [N, H, W, 3], float, 0 to 1, to which the classes are fitted
    """
    channels = codec.profile.channels
    basis = np.asarray(klt["basis"], np.float32)[:, :channels]
    codec.analysis.linear.set_weights([basis, np.zeros(channels)])
    codec.synthesis.linear.set_weights([basis.T, np.zeros(len(basis))])
    codec.analysis.linear.trainable = codec.synthesis.linear.trainable = False
    base = base_picture(base_values(images))
    y = ops.convert_to_numpy(codec.analysis.linear_only(images, base))
    deviation, share = fit_classes(
        y.reshape(-1, channels), codec.profile.classes, quantiser_step(0.5)
    )
    codec.classes.log_deviation.assign(np.log(deviation))
    codec.classes.log_share.assign(np.log(share))
