"""The page of a session: one file with all that it shows."""

import base64
import io
import json
import re
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from experiments.report.session import MOST_FRAMES, MOST_PIXELS, Album, said, webp
from experiments.sessions.rows import read_steps
from semlink.modalities.words import WORDS, Words
from semlink.signals import NO_BLOCKS, Estimate


@pytest.fixture(scope="module")
def text(session_run):
    return (session_run / "session.html").read_text()


@pytest.fixture(scope="module")
def data(text):
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', text)
    return json.loads(found[1])


def picture(address: str) -> Image.Image:
    kind, _, content = address.partition(",")
    assert kind == "data:image/webp;base64"
    return Image.open(io.BytesIO(base64.b64decode(content)))


def test_the_page_has_every_number_of_the_table(data, session_run):
    rows = read_steps(session_run)
    assert [dict(zip(data["columns"], r, strict=True)) for r in data["rows"]] == rows


def test_it_shows_what_was_sent_and_received(data):
    assert list(data["pictures"]) == ["0", "1", "2", "3"]
    for pair in data["pictures"].values():
        sent, received = (np.array(picture(pair[k])) for k in ("sent", "received"))
        assert sent.shape == received.shape == (64, 96, 3)
        error = np.abs(sent.astype(float) - received).mean()
        assert 0 < error < 40
        assert pair["said"] == "image"


def test_it_asks_nothing_of_the_network(text):
    assert not re.search(r"(src|href)=[\"']?(https?:|//)", text)
    assert "default-src 'none'" in text
    assert "$" not in re.sub(r"<script.*?</script>", "", text, flags=re.S)


def test_pictures_are_small():
    noise = np.random.default_rng(0).integers(0, 255, (900, 1200, 3), np.uint8)
    assert picture(webp(noise)).size == (MOST_PIXELS, MOST_PIXELS * 900 // 1200)


def test_a_long_session_has_pictures_of_an_even_selection():
    world = SimpleNamespace(frames=10_000)
    stage = SimpleNamespace(config=SimpleNamespace(world=world), tasks={})
    wanted = sorted(Album(stage)._wanted)
    assert len(wanted) == MOST_FRAMES
    assert (wanted[0], wanted[-1]) == (0, 9999)


def test_what_was_received_is_said_in_words():
    sent = SimpleNamespace(emitted=object())
    words = Words(counts=(("car", 2), ("dog", 1)), scene=("street",))
    estimate = Estimate(words, WORDS, False, NO_BLOCKS)
    assert said(sent, estimate) == "words: 2 car, 1 dog; street"
    assert said(sent, estimate._replace(lost=True)).startswith("words, lost: ")
    assert said(sent, Estimate(None, "image", True, NO_BLOCKS)) == (
        "nothing could be decoded"
    )
    late = SimpleNamespace(emitted=None)
    assert said(late, estimate) == "not sent: the deadline had passed"
