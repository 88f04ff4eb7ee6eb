"""Five colour photos that come with scikit-image: nothing to download."""

from pathlib import Path

from blocks.sources.images import ImageSet, Limit, load_rgb

FILES = {
    "astronaut": "astronaut.png",
    "chelsea": "chelsea.png",
    "coffee": "coffee.png",
    "rocket": "rocket.jpg",
    "stereo_motorcycle": "motorcycle_left.png",
}


def build(limit: Limit = None) -> ImageSet:
    """Colour photos shipped in scikit-image's wheel (of the stereo pair, the left).

    They are read from the installed files, never through ``skimage.data``, which
    may download.

    Parameters
    ----------
    limit : only the first so many
    """
    import skimage

    folder = Path(skimage.__file__).parent / "data"
    names = list(FILES)[:limit]
    return ImageSet(names, lambda i: load_rgb(folder / FILES[names[i]]))
