"""Five colour photos that are part of scikit-image; no download."""

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
    """Colour photos in scikit-image's wheel (left picture of the stereo pair).

    They are read from the installed files, not through ``skimage.data``, which may
    download.

    Parameters
    ----------
    limit : number of images, from the first
    """
    import skimage

    folder = Path(skimage.__file__).parent / "data"
    names = list(FILES)[:limit]
    return ImageSet(names, lambda i: load_rgb(folder / FILES[names[i]]))
