"""The gallery of channels."""

import matplotlib.pyplot as plt

from experiments.figures import channel_gallery


def test_delays_and_powers_of_paths_are_drawn():
    figure, place = plt.subplots()
    channel_gallery._draw_echoes(place, "cir")
    (paths,) = place.collections
    assert len(paths.get_segments()) > 100
    assert place.get_title() == "cir"
    plt.close(figure)
