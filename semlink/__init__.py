"""Semantic and separated transmitters over simulated links.

From Python: :func:`link`, :func:`sweep`, :func:`source` and :func:`read`, which
``docs/python.md`` describes. Each imports what it needs when it is called.
"""

from semlink.errors import InputError

__version__ = "0.1.0"
__all__ = ["InputError", "link", "read", "source", "sweep"]


def link(transmitter, channel, task="reconstruction", *, feedback=None):
    """A link, to send samples over.

    Parameters
    ----------
    transmitter : word as on the command line, such as ``jpeg2000_ldpc[mcs=auto]``, or
        a :class:`semlink.protocols.Transceiver`
    channel : word, such as ``rayleigh``, or an object of the contract of a channel
    task : word, or several, such as ``"detection vqa"``, an object, or a list
    feedback : mapping of ``bits_per_use``, ``delay_slots`` and ``loss``; free by
        default

    Output
    ------
    : link with ``send(sample, cbr=, snr_db=)`` and ``sweep(source, snr_db=, cbr=)``

    Raises
    ------
    InputError
        A component does not exist or cannot be built.
    """
    from experiments.python.link import Link

    return Link(transmitter, channel, task, feedback)


def sweep(*, run=None, workers=0, samples=False, progress=None, **settings):
    """Simulate a grid: ``semlink sweep`` of the command line, with its keys.

    Parameters
    ----------
    run : name of a run in ``runs/``, which the same call resumes; by default nothing
        is kept on disk
    workers : worker processes; 0 for only this one
    samples : return one row per sample, as in :func:`read`
    progress : print a table of finished points; by default in a terminal or notebook
    settings : ``transmitter``, ``channel``, ``task`` (word, object, or list of either),
        ``source``, ``snr_db``, ``cbr``, ``cbr_mode``, ``seed``, ``stop``, ``feedback``;
        or ``scenario``, ``common``, ``snr_db``, ``seed``, ``stop``. Those that are
        left out are as on the command line.

    Output
    ------
    : DataFrame, one row per point and metric

    Raises
    ------
    InputError
        A setting is invalid, or a point failed.
    """
    from experiments.python.sweeping import Options
    from experiments.python.sweeping import sweep as swept

    return swept(settings, Options(run, workers, samples, progress))


def source(word):
    """A source, whose samples are ``source[0]``, ``source[1]``, and so on.

    Parameters
    ----------
    word : such as ``photos``, ``folder:PATH`` or ``coco:PATH[questions=made]``; a
        folder; or a list of image files, PIL images, arrays and samples

    Raises
    ------
    InputError
        It does not exist or cannot be read.
    """
    from experiments.python.samples import opened

    return opened(word)


def read(folder, *, samples=False):
    """The results of a run as a DataFrame.

    Parameters
    ----------
    folder : such as ``runs/sweep``
    samples : one row per sample, with a column for each metric, in place of one row
        per point and metric

    Output
    ------
    : DataFrame; ``attrs["manifest"]`` and ``attrs["bounds"]`` describe it

    Raises
    ------
    InputError
        There are no results, or they are damaged.
    """
    from experiments.python.tables import read as table

    return table(folder, samples=samples)
