"""The link for words: its budget, its schemes, its losses, and who describes."""

import numpy as np
import pytest

from blocks.phy import side_information
from blocks.phy.mcs import SCHEMES
from blocks.questions.answers import Answer
from blocks.words.link import FIELDS, finest
from experiments.compose import catalogue
from semlink.chain import Link
from semlink.config import ComponentSpec
from semlink.errors import Infeasible, InputError
from semlink.modalities.query import Query
from semlink.modalities.words import WORDS
from semlink.signals import IMAGE, Sample

INSTANCES = tuple(
    {"category": name, "bbox": [10.0 * i, 20.0, 30.0, 40.0], "iscrowd": i == 3}
    for i, name in enumerate(["dog", "cat", "dog", "person", "unheard of"])
)
CAPTIONS = ("Two dogs and a cat.",)


@pytest.fixture(scope="module")
def annotated():
    """Give a picture with objects and captions."""
    image = np.random.default_rng(0).integers(0, 256, (240, 320, 3), np.uint8)
    known = {"instances": INSTANCES, "captions": CAPTIONS}
    return Sample(image, IMAGE, image.size, 0, "drawn", annotations=known)


@pytest.fixture
def over_awgn(planned, received):
    """Send a sample at a CBR; return signal and estimate."""

    def send(link: Link, sample: Sample, cbr: float, snr_db: float = 10.0):
        _, (tx,) = planned(link, [sample], cbr, snr_db, "per_image")
        return tx, received(link, tx, snr_db)

    return send


@pytest.mark.parametrize("mode", ["objects", "annotated", "coco_captions"])
def test_only_a_describer_that_reads_annotations_makes_an_oracle(mode, link_of):
    pair = link_of(f"words[describer={mode}]").pair
    assert pair.oracle == (mode != "objects")
    assert (pair.accepts, pair.makes) == ((IMAGE,), WORDS)


def test_annotated_objects_arrive(link_of, annotated, over_awgn):
    tx, estimate = over_awgn(link_of("words[describer=annotated]"), annotated, 0.01)
    assert not estimate.lost
    assert dict(estimate.data.counts) == {"dog": 2, "cat": 1}  # no crowd, no unknown
    assert len(estimate.data.things) == 3
    assert tx.ledger.of(purpose="header") == 100
    assert tx.ledger.total == len(tx.x) <= 0.01 * annotated.values


def test_a_caption_arrives(link_of, annotated, over_awgn):
    _, estimate = over_awgn(link_of("words[describer=coco_captions]"), annotated, 0.01)
    assert estimate.data.caption == "two dogs and a cat"


@pytest.mark.parametrize("word", ["words", "words[describer=annotated]"])
def test_question_and_answers_do_not_change_what_is_sent(word, link_of, annotated):
    """Even handed over past the link, and to an oracle, which sees annotations."""
    link = link_of(word)
    plan = link.plan([annotated], link.budget(0.01, "per_image", 10.0))
    query = Query(questions=("Is there a dog in the picture?",))
    answers = {"answers": (Answer("exists", ("yes",)),)}
    known = {**annotated.annotations, **answers}
    asked = annotated._replace(query=query, annotations=known)
    sent = [link.transmitter(s, plan)[0].x for s in (annotated, asked)]
    np.testing.assert_array_equal(*sent)


def test_more_uses_tell_more(link_of, annotated, over_awgn):
    link = link_of("words[describer=annotated]")
    told = [over_awgn(link, annotated, cbr)[1].data for cbr in (0.00055, 0.0007, 0.001)]
    detail = [len(words.counts) + len(words.things) for words in told]
    assert detail == sorted(detail)
    assert detail[0] < detail[-1] == 5


def test_a_better_channel_takes_fewer_uses(link_of, annotated, over_awgn):
    link = link_of("words[describer=annotated]")
    uses = [over_awgn(link, annotated, 0.01, s)[0].ledger.total for s in (0, 10)]
    assert uses[0] > uses[1]


def test_a_fixed_scheme_is_that_of_the_header(link_of, annotated, over_awgn):
    link = link_of("words[describer=annotated,mcs=3]")
    assert link.transmitter.operating_point(None) is None
    tx, estimate = over_awgn(link, annotated, 0.01)
    no = np.full(len(tx.x), 1e-3, np.float32)
    header = link.pair.receiver._header.receive(tx.x, no)
    assert set(header) == set(FIELDS)
    assert header["mcs"] == 3
    payload = side_information.num_symbols(header["num_bits"], 3)
    assert payload == tx.ledger.of(purpose="payload")
    assert not estimate.lost


def test_a_stream_that_no_encoder_makes_is_lost(link_of, annotated, over_awgn):
    link = link_of("words[describer=annotated]")
    noise = np.random.default_rng(1).integers(0, 2, 200).astype(np.uint8)
    header = link.pair.receiver._header.send({"num_bits": 200, "mcs": 5})
    payload, blocks = side_information.send(noise, 5)
    x = np.concatenate([header, payload])
    no = np.full(len(x), 1e-3, np.float32)
    tx, _ = over_awgn(link, annotated, 0.01)
    estimate, _ = link.receive(link.propagate(tx._replace(x=x), 40.0, 1))
    assert estimate.lost
    assert estimate.data is None
    np.testing.assert_array_equal(estimate.blocks, blocks)
    assert len(no) == len(x)


def test_the_finest_level_within_a_limit():
    assert finest(lambda level: 2 * level, 9, "x") == 4
    assert finest(lambda level: 0, 9, "x") == 64
    with pytest.raises(Infeasible, match="description of x takes 5 of 3"):
        finest(lambda level: 5 + level, 3, "x")


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("words[mcs=16]", r"words\.mcs must be 'auto' or be less than 16, got 16"),
        ("words[describer=nobody]", "unknown describer 'nobody'"),
        ("words[detector=nobody]", "unknown detector 'nobody'"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(word, said):
    with pytest.raises(InputError, match=said) as caught:
        catalogue().build("transmitter", ComponentSpec.model_validate(word))
    assert "\n" not in str(caught.value)
    assert len(SCHEMES) == 16


def test_a_source_without_objects_cannot_be_described_by_them(link_of, annotated):
    bare = annotated._replace(annotations={})
    link = link_of("words[describer=annotated]")
    with pytest.raises(InputError, match="needs a source with instances"):
        link.transmitter.plan([bare], link.budget(0.01, "per_image", 10.0))
