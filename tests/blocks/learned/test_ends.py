"""Extractor and restorer of a learned codec are components, chosen by name."""

import json

import numpy as np
import pytest
from skimage import data

from blocks.learned.inference import Conditions, Networks
from blocks.learned.weights_folder import CONFIG, WEIGHTS
from blocks.nn.base_layer import base_picture, restored
from blocks.nn.weights import write_weights
from experiments.compose import catalogue
from semlink.chain import Link
from semlink.config import ComponentSpec
from semlink.errors import InputError
from semlink.signals import IMAGE, Sample

AT = Conditions(0.5, 0.3, 10.0)
CONVOLUTION = '''
"""A convolutional extractor with weights of its own."""

import keras


def build(seed: int = 1, latents: int = 32):
    """Build the extractor."""
    keras.utils.set_random_seed(seed)
    layer = keras.layers.Conv2D(latents, 16, strides=16)
    layer.build((None, None, None, 3))
    return lambda codec, x, smooth: layer(x - smooth)
'''


@pytest.fixture
def weights(trained_codec, tmp_path):
    """A folder of weights where every network counts."""
    write_weights(tmp_path / WEIGHTS, trained_codec, "float32")
    told = {"model": "ntscc", "profile": "tiny"}
    (tmp_path / CONFIG).write_text(json.dumps(told))
    return tmp_path


@pytest.fixture
def plugin(tmp_path):
    path = tmp_path / "convolution.py"
    path.write_text(CONVOLUTION)
    return path


def picture():
    return data.astronaut()[:96, 160:288]


def received(networks: Networks, image):
    """An image received over a noisy channel, and the latents at both ends."""
    latents = networks.analyse(image)
    summary = networks.summarise(latents, AT.quality)
    of = networks.statistics(summary, AT.quality)
    side = networks.side(of, networks.levels(of.entropy, AT.eta))
    sent, scale = networks.encode(latents, side, AT)
    noise = np.full(len(sent), 0.1, np.float32)
    back = networks.decode(summary.base, sent, noise, scale, side, AT, image.shape)
    return latents, back


@pytest.mark.slow
def test_the_klt_alone_at_the_transmitter(trained_codec):
    latents, _ = received(Networks(trained_codec, extractor="klt"), picture())
    np.testing.assert_array_equal(latents.y, latents.linear)
    trained, _ = received(Networks(trained_codec), picture())
    np.testing.assert_array_equal(trained.linear, latents.linear)
    assert np.abs(trained.y - latents.y).max() > 0.01


@pytest.mark.slow
def test_the_klt_alone_at_the_receiver(trained_codec):
    """Errors of pixels are the inverse transform of errors of latents."""
    networks = Networks(trained_codec, extractor="klt", restorer="klt")
    kernel = np.asarray(trained_codec.synthesis.linear.kernel)
    image = picture()
    latents, back = received(networks, image)
    smooth = base_picture(restored(latents.differences)[None].astype(np.float32))
    rest = (back / 255 - np.asarray(smooth[0])).reshape(6, 16, 8, 16, 3)
    rest = rest.swapaxes(1, 2).reshape(-1, 768)
    inside = ((back > 0) & (back < 255)).reshape(6, 16, 8, 16, 3).swapaxes(1, 2)
    whole = inside.reshape(-1, 768).all(axis=1)  # blocks that are not clipped
    assert whole.sum() > 5
    bias = np.asarray(trained_codec.synthesis.linear.bias)
    _, residual, *_ = np.linalg.lstsq(kernel.T, (rest[whole] - bias).T, rcond=None)
    rounding = 768 * (1 / 255) ** 2 / 12
    assert residual.max() < 3 * rounding
    _, other = received(Networks(trained_codec, extractor="klt"), image)
    assert np.any(other != back)


@pytest.mark.slow
def test_a_plug_in_extractor_runs_in_a_link(weights, plugin):
    word = f"ntscc[weights={weights},extractor={plugin}]"
    parts = {"transmitter": word, "channel": "awgn"}
    known = catalogue()
    specs = {k: ComponentSpec.model_validate(v) for k, v in parts.items()}
    link = Link(*(known.build(kind, spec) for kind, spec in specs.items()), {})
    image = picture()
    source = [Sample(image, IMAGE, image.size, 0, "a")]
    plan = link.transmitter.plan(source, link.budget(0.1, "average", 10.0))
    sent, _ = link.transmit(source[0], plan)
    plain = ComponentSpec.model_validate(f"ntscc[weights={weights}]")
    other = known.build("transmitter", plain).transmitter
    assert np.any(
        np.asarray(other.shared.networks.analyse(image).y)
        != np.asarray(link.transmitter.shared.networks.analyse(image).y)
    )
    assert len(sent.x) > 0
    before = known.identity("transmitter", specs["transmitter"])
    plugin.write_text(CONVOLUTION + "\n# another\n")
    assert known.identity("transmitter", specs["transmitter"]) != before


def test_latents_of_another_shape_are_refused(trained_codec, plugin):
    networks = Networks(trained_codec, extractor=f"{plugin}[latents=30]")
    with pytest.raises(InputError, match=r"must give latents of shape .*, got \(1, 6"):
        networks.analyse(picture())


def test_unknown_names_are_answered_with_those_there_are(trained_codec):
    with pytest.raises(InputError, match="unknown extractor 'kl'.*known: klt, swin"):
        Networks(trained_codec, extractor="kl")
