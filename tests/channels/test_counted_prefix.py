"""The cyclic prefix as channel uses: counted in the ledger and kept within budgets."""

import pytest

from channels.ofdm import Settings, resource_grid
from experiments.compose import catalogue
from semlink.config import ComponentSpec, validate
from semlink.errors import Infeasible
from semlink.sweeps.link_trial import LinkTrial
from semlink.sweeps.sweep import Sweep

PLAIN, COUNTED = "tdl[subcarriers=12]", "tdl[subcarriers=12,count_prefix=true]"
BESIDE = "erasure[over='cir[count_prefix=true]']"
CBR = 3.0


def built(word):
    return catalogue().build("channel", ComponentSpec.model_validate(word))


@pytest.mark.parametrize("word", ["tdl", "umi", "cir"])
def test_a_slot_takes_as_many_uses_as_samples(word):
    """A critically sampled waveform has one sample for each complex channel use."""
    frame = built(f"{word}[count_prefix=true]").frame
    grid = resource_grid(Settings())
    assert frame.total == grid.num_time_samples == 14 * (72 + 5)
    assert frame.prefix == 14 * 5
    assert frame._replace(prefix=0, total=14 * 72) == built(word).frame


def test_the_prefix_of_an_inner_channel_counts():
    assert built(BESIDE).frame == built("cir[count_prefix=true]").frame


def test_it_leaves_the_course_as_it_is():
    plain, counted = (
        catalogue().course(ComponentSpec.model_validate(w)) for w in (PLAIN, COUNTED)
    )
    assert plain == counted
    other = ComponentSpec.model_validate("tdl[subcarriers=24]")
    assert catalogue().course(other) != plain


@pytest.fixture(scope="module")
def trial():
    settings = {
        "source": "gaussian",
        "transmitter": "uncoded",
        "channel": f"{PLAIN} {COUNTED}",
        "snr_db": "10",
        "cbr": str(CBR),
        "task": "reconstruction",
        "stop": {"images": 2},
    }
    return LinkTrial(validate(settings), catalogue())


def test_a_sweep_counts_the_prefix_within_the_same_budget(trial):
    links, found = [], []
    for point in Sweep(trial).points:
        link, sample, tx = trial.signal(point, 0)
        links.append(link)
        found.append(link.ledger(tx))
        assert found[-1].total <= CBR * sample.values
    plain, counted = found
    slots = -(-len(tx.x) // (12 * 12))  # two of 14 symbols are pilots
    assert plain.total == slots * 14 * 12
    assert plain.of(purpose="prefix") == 0
    assert counted.total == slots * 14 * 13
    assert counted.of(purpose="prefix") == slots * 14  # a sample before each symbol
    assert counted.of(purpose="pilots") == plain.of(purpose="pilots")
    # what just fits without a counted prefix does not fit with it
    at = plain.total / sample.values, "average", 10.0
    links[0].plan([sample], links[0].budget(*at))
    with pytest.raises(Infeasible):
        links[1].plan([sample], links[1].budget(*at))


@pytest.mark.slow
def test_a_row_has_the_prefix_beside_the_common_purposes(trial):
    point = Sweep(trial).points[1]
    delivery = trial.deliver(point, 0, 0)
    uses = trial._link(point).uses(delivery)
    values = trial(point, 0, 0).values
    share = uses.of(purpose="prefix") / trial.source[0].values
    assert values["use prefix down"][0] == pytest.approx(share)
    assert values["cbr"][0] == pytest.approx(uses.total / trial.source[0].values)
