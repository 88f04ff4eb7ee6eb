"""The default describer: objects, attributes, sentences, and its cache."""

import numpy as np
import pytest

from blocks.describers.attributes import COLOURS, Attributes, attributes
from blocks.describers.coco_captions import Captions
from blocks.describers.detector import Found, build, sentences
from blocks.knowledge.perception import Descriptions, build_describer
from semlink.errors import InputError

SEEN = Attributes("dark", "low", "vivid", "smooth", ("red", "green"), 0.0, 0.0)


@pytest.fixture(scope="module")
def skimage_photos():
    """Give photos that come with scikit-image: an astronaut, a cat, a cup of coffee."""
    from skimage import data

    return data.astronaut(), data.chelsea(), data.coffee()


def flat(colour) -> np.ndarray:
    return np.broadcast_to(np.uint8(colour), (40, 60, 3))


def test_objects_of_photos_are_found(skimage_photos):
    detector = build()
    found = [{f.category for f in detector.objects(photo)} for photo in skimage_photos]
    assert "person" in found[0]
    assert "cat" in found[1]
    assert "cup" in found[2]


def test_boxes_are_where_the_objects_are(skimage_photos):
    (person, *_) = (
        f for f in build().objects(skimage_photos[0]) if f.category == "person"
    )
    x, y, width, height = person.box
    # the astronaut's face is at (220, 120) of 512
    assert x < 0.43 < x + width
    assert y < 0.23 < y + height


def test_a_higher_threshold_finds_no_more(skimage_photos):
    counts = [len(build(c).objects(skimage_photos[2])) for c in (0.1, 0.3, 0.9)]
    assert counts[0] >= counts[1] >= counts[2]


def test_words_for_objects():
    objects = [
        Found("person", 0.9, (0.0, 0.1, 0.3, 0.8)),
        Found("person", 0.8, (0.7, 0.5, 0.05, 0.1)),
        Found("umbrella", 0.6, (0.4, 0.4, 0.2, 0.2)),
    ]
    text = sentences(objects, SEEN)
    assert text == (
        "A photo of two people and an umbrella. The person is large, centre left. "
        "A close view, dark, low contrast. Mostly red and green, vivid colours, smooth."
    )


@pytest.mark.parametrize(
    ("names", "seen", "said"),
    [
        (["couch", "person"], SEEN, "Indoors,"),
        (["car"], SEEN, "Outdoors,"),
        ([], SEEN._replace(sky=0.6), "Outdoors with sky,"),
        ([], SEEN._replace(vegetation=0.5), "Outdoors and green plants,"),
        ([], SEEN, "A close view,"),
    ],
)
def test_place(names, seen, said):
    objects = [Found(name, 0.9, (0.1, 0.1, 0.2, 0.2)) for name in names]
    assert said in sentences(objects, seen)


@pytest.mark.parametrize("name", COLOURS)
def test_flat_pictures_have_one_colour(name):
    assert attributes(flat(COLOURS[name])).colours == (name,)


def test_light_contrast_and_texture_follow_the_picture():
    rng = np.random.default_rng(0)
    noise = rng.normal(0, 30, (64, 96, 1))
    words = [attributes(flat([v] * 3)).light for v in (20, 80, 130, 220)]
    assert words == ["very dark", "dark", "well lit", "bright"]
    busy = np.clip(128 + noise, 0, 255).astype(np.uint8).repeat(3, axis=2)
    assert attributes(busy).texture == "busy"
    assert attributes(flat([128] * 3)).texture == "smooth"
    halves = np.zeros((64, 64, 3), np.uint8)
    halves[32:] = 250
    assert attributes(halves).contrast == "high"


def test_the_smallest_picture_can_be_described():
    text = build_describer("detector")(np.zeros((1, 1, 3), np.uint8), {})
    assert text.startswith("A photo")


def test_captions_are_those_of_the_source():
    described = Captions(1)(flat([0, 0, 0]), {"captions": ("one ", " two")})
    assert described == "two"
    assert Captions(7)(flat([0, 0, 0]), {"captions": ("one",)}) == "one"
    with pytest.raises(InputError, match="needs a source with captions"):
        Captions(0)(flat([0, 0, 0]), {})


class Counting:
    """A describer that counts how often it is asked."""

    def __init__(self, version="1"):
        self.version, self.asked = version, 0

    def __call__(self, image, annotations):
        self.asked += 1
        return f"answer {self.version} {image.mean():g}"


def test_descriptions_are_remembered_by_image_and_version(tmp_path):
    first, again, newer = Counting(), Counting(), Counting("2")
    images = flat([1, 2, 3]), flat([3, 2, 1]), flat([9, 9, 9])
    said = [Descriptions(first, tmp_path)(image, {}) for image in images]
    assert first.asked == 3
    assert [Descriptions(again, tmp_path)(image, {}) for image in images] == said
    assert again.asked == 0
    Descriptions(newer, tmp_path)(images[0], {})
    assert newer.asked == 1


def test_a_torn_saying_is_said_again(tmp_path):
    first = Counting()
    said = Descriptions(first, tmp_path)(flat([1, 2, 3]), {})
    (file,) = tmp_path.glob("*/*.json")
    file.write_text(file.read_text()[:-5])
    assert Descriptions(first, tmp_path)(flat([1, 2, 3]), {}) == said
    assert first.asked == 2
