"""Digital parts are carried by their schemes: at most one stream in 100 is lost."""

import numpy as np
import pytest

from blocks.phy.bicm import LONGEST, Bicm
from blocks.phy.mcs import SCHEMES, threshold_db
from blocks.phy.side_information import filled
from experiments.compose import catalogue
from semlink.compiled_channel import compiled_channel
from semlink.config import ComponentSpec
from semlink.errors import Infeasible
from semlink.loop.feedback import effective_db
from semlink.rng import Course

LEARNED = ["ntscc", "akb_jscc"]
LINEAR = ["linear_jscc", "linear_jscc[hybrid=true]"]
MOST_USES = 400_000  # of a picture in these tests
LOST = 0.01
# below the most robust scheme's own threshold, nothing is promised
LOWEST_DB = 4.0


@pytest.fixture(scope="module")
def picture_of(photo_of, sample_of):
    """Give a picture of any size, from a photo that is repeated."""

    def picture(height: int, width: int):
        photo = photo_of(4)
        times = -(-height // photo.shape[0]), -(-width // photo.shape[1]), 1
        tiled = np.tile(photo, times)[:height, :width]
        return sample_of(np.ascontiguousarray(tiled), index=height * 10_000 + width)

    return picture


@pytest.fixture(scope="module")
def header_of():
    """Read the header of a signal as it is received without noise."""

    def fields(link, tx) -> dict[str, int]:
        no = np.full(len(tx.x), 1e-3, np.float32)
        return link.pair.receiver._header.receive(tx.x, no)

    return fields


@pytest.fixture(scope="module")
def lost_streams(header_of, lost_share):
    """Expected share of lost streams, for each stream of a signal at an SNR."""

    def share(num_bits: int, mcs: int, snr_db: float) -> float:
        num_blocks, k, _ = Bicm(SCHEMES[mcs]).layout(filled(num_bits))
        return lost_share(mcs, num_blocks, k, snr_db)

    def shares(link, tx, snr_db: float) -> list[float]:
        header = header_of(link, tx)
        side_bits = header["side_bits"] + header.get("map_bits", 0)
        streams = [(side_bits, header["mcs"])]
        if header.get("payload_bits"):
            streams.append((header["payload_bits"], header["payload_mcs"]))
        return [share(*stream, snr_db) for stream in streams]

    return shares


@pytest.fixture(scope="module")
def check(link_of, picture_of, planned, received, lost_streams):
    """Send pictures of some sizes, and count those that had no room."""

    def run(word: str, sizes, cbrs, snrs_db) -> int:
        link, sent = link_of(word), 0
        for size in sizes:
            sample = picture_of(size, -(-size * 3 // 4))
            for cbr in (c for c in cbrs if c * sample.values < MOST_USES):
                for snr_db in snrs_db:
                    try:
                        _, (tx,) = planned(link, [sample], cbr, snr_db, "per_image")
                    except Infeasible:
                        continue
                    case = word, sample.data.shape, cbr, snr_db
                    assert max(lost_streams(link, tx, snr_db)) <= LOST, case
                    assert not received(link, tx, snr_db).lost, case
                    sent += 1
        return sent

    return run


@pytest.mark.parametrize(
    "word", [*LINEAR, pytest.param("ntscc", marks=pytest.mark.slow)]
)
def test_streams_of_small_pictures_are_carried(word, check):
    assert check(word, [40], [4.0], [17.0, 26.0]) == 2


@pytest.mark.slow
@pytest.mark.parametrize("word", LINEAR + LEARNED)
def test_streams_of_all_sizes_and_rates_are_carried(word, check):
    sizes, cbrs = [16, 40, 120, 500, 1500], [0.02, 0.3, 4.0]
    assert check(word, sizes, cbrs, [LOWEST_DB, 13.0, 17.0, 22.0, 27.0]) > 25


@pytest.mark.parametrize("mode", ["average", "per_image"])
def test_a_set_of_mixed_sizes_has_a_scheme_for_each_file(
    mode, link_of, picture_of, planned, received, header_of, lost_share
):
    link = link_of("jpeg_ldpc[mcs=auto]")
    samples = [picture_of(n, n) for n in (32, 250)]
    differ = []
    for scheme in (9, 12):
        snr_db = threshold_db(scheme, LONGEST) + 0.2  # where long blocks are faster
        _, signals = planned(link, samples, 2.5, snr_db, mode)
        chosen = set()
        for tx in signals:
            header = header_of(link, tx)
            mcs, num_bits = header["mcs"], 8 * header["num_bytes"]
            num_blocks, k, _ = Bicm(SCHEMES[mcs]).layout(num_bits)
            assert lost_share(mcs, num_blocks, k, snr_db) <= LOST
            assert not received(link, tx, snr_db).lost
            chosen.add(mcs)
        differ.append(len(chosen) > 1)
    assert any(differ)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["tdl", "cdl", "umi", "uma", "rma"])
def test_blocks_over_an_estimated_channel_are_lost_where_their_state_says_so(name):
    """Link adaptation plans by the state that the receiver states: it must be true."""
    built = catalogue().build("channel", ComponentSpec(name=name, params={"csi": "ls"}))
    channel, snr_db = compiled_channel(built, label=name), 6.0
    mcs = SCHEMES[0]
    chain, draws = Bicm(mcs), 100
    num_bits = int(2_000 * mcs.efficiency)
    needed_db = threshold_db(0, chain.layout(num_bits).k)
    bits = np.random.default_rng(1).integers(0, 2, num_bits).astype(np.uint8)
    x, _ = chain.send(bits)
    sent = np.tile(x, (draws, 1))
    rx = channel(sent, np.float32(snr_db), Course(3))
    lost = []
    for x_hat, no in zip(np.asarray(rx.x_hat), np.asarray(rx.no), strict=True):
        _, intact, _ = chain.receive(x_hat, no, num_bits)
        lost.append((effective_db(no) - needed_db, not intact.all()))
    margins, failed = np.array(lost).T
    assert failed[margins < -1].mean() > 0.5  # there are fades that lose blocks
    assert not failed[margins > 0.5].any()
