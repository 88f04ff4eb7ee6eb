"""Training objectives: distortion over the channel and of the codec, and rate.

References
----------
J. Dai et al., IEEE JSAC 40(8), 2022, equation (19): the distortion of the received
picture, that of the picture quantised with noise, and the rate. Deviations: the latter
distortion uses part of a batch only; the bits of y train its deviations alone; the bits
of the side information have a larger weight, because they take more channel uses.
"""

import keras
import numpy as np
from keras import ops

from blocks.nn.base_layer import base_picture, base_values, predicted
from blocks.nn.codec import (
    FINEST_QUALITY,
    Codec,
    Known,
    log_gain,
    noise_variance,
    quantiser_step,
)
from blocks.nn.digital_layer import digital_layer
from blocks.nn.entropy import SCALES, gaussian_bits
from blocks.nn.jscc import TRAINED_SNRS_DB, nominal_eta
from experiments.training.crops import Draw

# Squared error per bit, in squares of the quantiser step: the error that a dimension
# saves for a latent at the threshold; a bit takes about 0.4 dimensions.
SLOPE = 0.1
# Weight that equalises the loss over qualities; coarse ones have a smaller loss.
STEP, EMPHASIS = 0.4, 0.75
# Channel uses of a bit of z over those of a bit of y.
SIDE_WEIGHT = 3.0
NTC_WEIGHT, NTC_SHARE = 0.25, 8  # one crop in eight
DESIGN_SNR_DB = 10.0
TRANSMITTER_KNOWS = 0.6  # share of crops whose transmitter knows the SNR
HAS_LAYER = 0.75  # share of these with a digital layer
ETA_SPREAD = 0.6  # half width of the range of log eta


def draw(rng: np.random.Generator, batch_size: int) -> Draw:
    """Draw the conditions of each crop.

    A third of the crops has the design SNR, the rest any of the trained range.
    """
    quality = rng.uniform(0, FINEST_QUALITY, batch_size)
    snr_db = rng.uniform(*TRAINED_SNRS_DB, batch_size)
    snr_db = np.where(rng.random(batch_size) < 0.35, DESIGN_SNR_DB, snr_db)
    knows = rng.random(batch_size) < TRANSMITTER_KNOWS
    design_snr_db = np.where(knows, snr_db, DESIGN_SNR_DB)
    spread = rng.uniform(-ETA_SPREAD, ETA_SPREAD, batch_size)
    eta = nominal_eta(design_snr_db) * np.exp(spread)
    layer = knows & (rng.random(batch_size) < HAS_LAYER)
    columns = (quality, eta, snr_db, design_snr_db, layer)
    return Draw(*(np.asarray(column, np.float32) for column in columns))


class EntropyObjective(keras.Model):
    """Bits of y and z alone, with the linear transform: the first stage of every run.

    It reconstructs no pixels and takes minutes. The joint code needs useful deviations
    from its first step.
    """

    SHOWN = ("bpp_y", "bpp_z")

    def __init__(self, codec: Codec, **kwargs):
        super().__init__(autocast=False, dtype="float32", **kwargs)
        self.codec = codec
        self.noise = keras.random.SeedGenerator(1)
        self._means = {name: keras.metrics.Mean(name=name) for name in self.SHOWN}
        self.built = True

    def call(self, batch):
        x, gain = self.picture(batch)
        base = base_values(x)
        y = self.codec.analysis.linear_only(x, base_picture(base)) * ops.exp(gain)
        *_, bits = self.entropy(y, y, gain, base)
        return bits

    def compute_loss(self, x, y, y_pred, sample_weight=None, **_):
        bits_y, bits_z = y_pred
        pixels = float(np.prod(x["image"].shape[1:3]))
        self.note(bpp_y=bits_y / pixels, bpp_z=bits_z / pixels)
        return ops.mean(bits_y + SIDE_WEIGHT * bits_z) / pixels

    def note(self, **values):
        """Update the running means of the progress line."""
        for name, value in values.items():
            self._means[name].update_state(value)

    def picture(self, batch):
        """Pixels from 0 to 1, and the gains of the latents."""
        x = ops.cast(batch["image"], "float32") / 255
        return x, log_gain(batch["quality"])

    def uniform(self, like):
        """Noise that replaces rounding : as ``like``, in -1/2 to 1/2."""
        return keras.random.uniform(
            ops.shape(like), -0.5, 0.5, dtype="float32", seed=self.noise
        )

    def entropy(self, y, linear, gain, base):
        """Bits of y and of the side information : [B]; with mean and deviation."""
        index, z = self.codec.summarise(y, linear, gain)
        bits_z = self.codec.prior(z + self.uniform(z))
        differences = base - predicted(base)
        bits_base = self.codec.base_prior(differences + self.uniform(differences))
        z_hat = straight_through_round(z)
        mu, log_sigma = self.codec.deviations(index, z_hat, gain)
        smallest, largest = np.log(SCALES[0]), np.log(SCALES[-1])
        sigma = ops.exp(ops.clip(log_sigma, smallest, largest))
        bits_y = gaussian_bits(y + self.uniform(y), mu, sigma)
        bits_side = sum_of_image(bits_z) + sum_of_image(bits_base)
        bits_side = bits_side + sum_of_image(self.codec.classes.bits(index))
        return mu, log_sigma, (sum_of_image(bits_y), bits_side)


class JointObjective(EntropyObjective):
    """Distortion over the channel, distortion of the codec, and rate.

    Parameters
    ----------
    codec : trained codec
    channel : training twin of a channel
    """

    SHOWN = ("psnr", "psnr_codec", "cbr_payload", "bpp_y", "bpp_z")

    def __init__(self, codec: Codec, channel, **kwargs):
        super().__init__(codec, **kwargs)
        self._channel = channel

    def call(self, batch):
        codec = self.codec
        x, gain = self.picture(batch)
        y, linear, base, smooth = codec.analyse(x)
        y, linear = y * ops.exp(gain), linear * ops.exp(gain)
        # the bits of y train its deviations only: otherwise they would shrink latents
        # that are not sent, and with them the energy by which latents are selected
        known = ops.stop_gradient(y)
        mu, log_sigma, bits = self.entropy(known, linear, gain, base)
        side = codec.side(mu, log_sigma, batch["eta"])
        tokens = codec.tokens(batch.get("context"))
        y_hat, log_error, uses = self.transmit(y, side, batch, tokens)
        count = ops.shape(x)[0]
        quantised = quantised_part(count)
        noisy = y[:quantised] + self.uniform(y[:quantised])
        picture = codec.synthesise(
            ops.concatenate([y_hat, noisy]),
            ops.concatenate([log_error, ops.full_like(noisy, np.log(1 / 12) / 2)]),
            ops.concatenate([gain, gain[:quantised]]),
            ops.concatenate([smooth, smooth[:quantised]]),
            None if tokens is None else ops.concatenate([tokens, tokens[:quantised]]),
        )
        over_channel, of_codec = picture[:count], picture[count:]
        return x, over_channel, of_codec, bits, uses

    def transmit(self, y, side, batch, tokens):
        """Send y through the joint code and the channel.

        Output
        ------
        y, log_error : as received, from the decoder
        uses : [B], channel uses of an image
        """
        side, digital = digital_layer(y, side, batch["design_snr_db"], batch["layer"])
        known = Known(batch["quality"], batch["design_snr_db"], tokens)
        s, scale = self.codec.encode(y, side, known)
        r, noise = self.through(s, noise_variance(batch["snr_db"]), side)
        r = r * side.kept
        received = self.codec.decode(r, noise, scale, side, known, batch["snr_db"])
        return *received, digital + ops.sum(side.kept, axis=(1, 2, 3)) / 2

    def through(self, s, no, side):
        """Send dimensions of unit power over the channel, two per symbol."""
        shape = ops.shape(s)
        x = ops.reshape(s, (shape[0], -1, 2)) * np.sqrt(0.5)
        x_hat, no = self._channel(x, no, self.noise)
        noise = ops.repeat(no, 2, axis=-1)
        return ops.reshape(x_hat, shape) * np.sqrt(2), ops.reshape(noise, shape)

    def compute_loss(self, x, y, y_pred, sample_weight=None, **_):
        image, over_channel, of_codec, (bits_y, bits_z), uses = y_pred
        pixels = float(np.prod(image.shape[1:3]))
        quality, quantised = x["quality"], quantised_part(ops.shape(image)[0])
        worth = SLOPE * quantiser_step(quality) ** 2
        weight = (STEP / quantiser_step(quality)) ** -EMPHASIS
        error = sum_of_image((image - over_channel) ** 2)
        distortion = self.distortion(error, image, over_channel, quality)
        codec_error = sum_of_image((image[:quantised] - of_codec) ** 2)
        self.note(
            psnr=-10 * ops.log10(error / (3 * pixels)),
            psnr_codec=-10 * ops.log10(codec_error / (3 * pixels)),
            cbr_payload=uses / (3 * pixels),
            bpp_y=bits_y / pixels,
            bpp_z=bits_z / pixels,
        )
        loss = distortion / worth + bits_y + SIDE_WEIGHT * bits_z
        codec_loss = ops.mean((weight / worth)[:quantised] * codec_error)
        return (ops.mean(weight * loss) + NTC_WEIGHT * codec_loss) / pixels

    def distortion(self, error, image, received, quality):
        """Distortion of each picture : [B], in units of squared error."""
        return error


def quantised_part(batch_size):
    """Number of crops of a batch for the distortion of the codec alone."""
    return (batch_size + NTC_SHARE - 1) // NTC_SHARE


def straight_through_round(x):
    """Round forward, pass the gradient backward."""
    return x + ops.stop_gradient(ops.round(x) - x)


def sum_of_image(x):
    """Sum over all but the batch : [B, ...] -> [B]."""
    return ops.sum(x, axis=tuple(range(1, len(x.shape))))
