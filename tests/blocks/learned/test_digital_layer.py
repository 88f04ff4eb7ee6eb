"""The digital layer of learned transmitters: gain, budget, lost bits, both ends."""

import numpy as np
import pytest

from blocks.learned.digital_layer import layer_of, left_over, split_of
from blocks.nn.codec import Side, noise_variance
from blocks.nn.entropy import SCALES
from blocks.phy import hybrid
from experiments.compose import catalogue
from semlink.config import ComponentSpec
from semlink.errors import InputError
from semlink.units import psnr_db

WORD = "ntscc[hybrid=true]"
SHAPE = (1, 16, 24, 64)
SNRS = (4.0, 10.0, 20.0)


@pytest.fixture(scope="module")
def sample(photo_of, sample_of):
    """Give a photo of a size that is no multiple of a block."""
    return sample_of(photo_of(0)[:250, :380])


@pytest.fixture(scope="module")
def latents():
    """Latents that decay as those of photos do : centred, maps, and entries."""
    rng = np.random.default_rng(3)
    log2 = rng.exponential(1.6, SHAPE) - 4
    index = np.abs(np.log(SCALES) - log2[..., None] * np.log(2)).argmin(axis=-1)
    sigma = np.float32(SCALES[index])
    kept = np.float32(sigma > 0.5)
    entropy = np.zeros(SHAPE[:3], np.float32)
    side = Side(np.zeros(SHAPE, np.float32), sigma, entropy, np.int32(entropy), kept)
    return np.float32(sigma * rng.standard_normal(SHAPE)), side, index


def chosen(latents, snr_db: float):
    centred, side, index = latents
    return layer_of(centred, index, side.kept, noise_variance(snr_db), snr_db)


@pytest.mark.parametrize("snr_db", SNRS)
def test_a_photo_gains(sample, planned, received, link_of, snr_db):
    psnr = {}
    for word in ("ntscc", WORD):
        link = link_of(word)
        _, (tx,) = planned(link, [sample], 0.0625, snr_db)
        assert tx.ledger.total <= 0.0625 * sample.values
        assert tx.ledger.total == np.count_nonzero(tx.x)
        estimate = received(link, tx, snr_db, seed=0)
        np.testing.assert_array_equal(estimate.blocks, tx.blocks)
        psnr[word] = psnr_db(sample.data, estimate.data)
    assert psnr[WORD] > psnr["ntscc"] + 0.2


@pytest.mark.parametrize("mode", ["average", "per_image"])
def test_the_search_knows_the_length_of_the_bits(sample, planned, link_of, mode):
    for cbr in (0.02, 0.05):
        _, (tx,) = planned(link_of(WORD), [sample], cbr, mode=mode)
        assert 0.95 * cbr < tx.ledger.total / sample.values <= cbr


def test_if_the_bits_are_lost_the_analog_part_arrives(
    sample, planned, received, link_of, monkeypatch
):
    """The picture is worse, and no outage."""
    link = link_of(WORD)
    _, (tx,) = planned(link, [sample], 0.05)
    intact = psnr_db(sample.data, received(link, tx).data)
    monkeypatch.setattr(hybrid, "decode", lambda bits, by: None)
    estimate = received(link, tx)
    assert not estimate.lost
    mean = np.full_like(sample.data, sample.data.mean())
    lost = psnr_db(sample.data, estimate.data)
    assert psnr_db(sample.data, mean) + 3 < lost < intact - 3


@pytest.mark.parametrize("snr_db", SNRS)
def test_both_ends_split_alike(latents, snr_db):
    """The receiver has the fields of the header, and no latents."""
    layer, (_, side, index) = chosen(latents, snr_db), latents
    by = split_of(index, side.kept, noise_variance(snr_db), layer.fields)
    for mine, theirs in zip(by, layer.by, strict=True):
        np.testing.assert_array_equal(mine, theirs)
    assert layer.num_bits - 8 <= len(hybrid.encode(layer.values, by)) <= layer.num_bits


def test_what_is_left_has_the_deviation_that_both_ends_assume(latents):
    centred, side, _ = latents
    layer = chosen(latents, 4.0)
    left, useless = left_over(side, layer.by, layer.values)
    assert not useless.any()
    for mode in (hybrid.ANALOG, hybrid.SPLIT):
        chosen_ones = layer.by.mode == mode
        assert chosen_ones.sum() > 100
        ratio = (centred - left.mu)[chosen_ones] / left.sigma[chosen_ones]
        assert np.mean(ratio**2) == pytest.approx(1, abs=0.15)
    split = layer.by.mode == hybrid.SPLIT
    assert np.all(left.sigma[split] < side.sigma[split])
    assert np.all(left.kept == layer.by.analog)


def test_without_bits_the_mean_stays_and_the_remainder_is_useless(latents):
    _, side, _ = latents
    by = chosen(latents, 20.0).by
    left, useless = left_over(side, by, None)
    np.testing.assert_array_equal(left.mu, side.mu)
    np.testing.assert_array_equal(useless, by.mode == hybrid.SPLIT)
    alone = by.mode == hybrid.DIGITAL
    assert alone.any()
    np.testing.assert_array_equal(left.sigma[alone], side.sigma[alone])


def test_power_is_one_at_the_floor_in_the_header(latents):
    for snr_db in SNRS:
        layer, no = chosen(latents, snr_db), noise_variance(snr_db)
        sigma = layer.by.sigma[layer.by.analog]
        fields = layer.fields
        threshold = 2.0 ** (np.log2(SCALES[0] / 8))
        steps = (2**9 - 1) / np.log(SCALES[-1] / (SCALES[0] / 8))
        threshold *= np.exp(fields["threshold"] / steps)
        floor = threshold * 2.0 ** (-12 * (1 - fields["floor"] / 127))
        power = np.maximum(sigma / floor - 1, 0) * no
        assert power.mean() == pytest.approx(1, abs=0.15)


def test_it_needs_csi():
    spec = ComponentSpec.model_validate("ntscc[hybrid=true,csi=false]")
    with pytest.raises(InputError, match=r"hybrid needs csi=true or .* got csi=false"):
        catalogue().build("transmitter", spec)


@pytest.mark.parametrize(
    "word",
    [
        "ntscc[hybrid=true,side_info=free]",
        "ntscc[hybrid=true,csi=rate]",
        "ntscc[hybrid=true,rate=likelihood]",
        pytest.param("ntscc[hybrid=true,refine=2]", marks=pytest.mark.slow),
        pytest.param("akb_jscc[hybrid=true,actions=signalled]", marks=pytest.mark.slow),
    ],
)
def test_it_goes_with_other_options(sample, planned, received, link_of, word):
    link = link_of(word)
    _, (tx,) = planned(link, [sample], 0.05)
    estimate = received(link, tx)
    assert not estimate.lost
    assert psnr_db(sample.data, estimate.data) > 26
