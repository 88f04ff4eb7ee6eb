"""One transmitter over one channel, judged by tasks, from Python."""

import logging
from collections.abc import Mapping
from operator import index as whole
from typing import Any

from experiments.environment import settle_late
from experiments.python.components import KINDS, Components
from experiments.python.received import Received, received
from experiments.python.samples import Alone, sample_of
from experiments.python.sweeping import Options, plain, swept
from semlink import config
from semlink.contracts.fault import shown
from semlink.errors import Infeasible, InputError
from semlink.store.transmissions import Transmissions
from semlink.sweeps.link_trial import LinkTrial
from semlink.sweeps.points import Point
from semlink.sweeps.sweep import Sweep

log = logging.getLogger("semlink")


class Link:
    """A link, whose components are built once; :func:`semlink.link` makes it.

    Attributes
    ----------
    transmitter, channel, task : labels in results
    """

    def __init__(self, transmitter: Any, channel: Any, task: Any, feedback: Any):
        settle_late()
        given = dict(zip(KINDS, (transmitter, channel, task), strict=True))
        self._components = Components()
        self._tree = {k: self._components.worded(k, v) for k, v in given.items()}
        if feedback is not None:
            self._tree["feedback"] = plain(feedback)
        settings = self._settings("photos", cbr=1, snr_db=0)
        specs = {kind: getattr(settings, kind) for kind in KINDS}
        labels = {k: " ".join(spec.label for spec in some) for k, some in specs.items()}
        for kind in ("transmitter", "channel"):
            if len(specs[kind]) > 1:
                takes = f"a link takes one {kind} (semlink.sweep takes several)"
                raise InputError(f"{takes}, got {labels[kind]}")
        made = {k: [self._components.build(k, s) for s in specs[k]] for k in KINDS}
        self._remembers: bool = made["transmitter"][0].remembers
        self.transmitter, self.channel, self.task = labels.values()
        # signals of the last sample, by its hash: other SNRs and seeds have the same
        self._sent: tuple[str, Transmissions] = "", Transmissions()

    def __repr__(self) -> str:
        return f"{self.transmitter} over {self.channel}, judged by {self.task}"

    def send(
        self, sample: Any, *, cbr: float, snr_db: float, seed: int = 1, draw: int = 0
    ) -> Received:
        """Send one sample, within a budget of its own (``cbr_mode="per_image"``).

        The channel's course follows from seed, channel, draw and the index of the
        sample, which is 0 for files, pictures and arrays: transmitters, SNRs and CBRs
        meet the same fading and noise, as in a sweep. A transmitter with memory begins
        with an empty one, and takes the sample for the first.

        Parameters
        ----------
        sample : path of an image file, PIL image, array uint8 [H, W, 3], or a
            :class:`semlink.signals.Sample`, with query and annotations if a task needs
            them
        cbr : budget, complex channel uses over the values of the sample
        snr_db : average received Es/N0 [dB]
        seed : root of all random numbers
        draw : number of the channel draw

        Raises
        ------
        InputError
            A value is invalid, or the smallest signal exceeds the budget.
        """
        one = sample_of(sample)
        if self._remembers:
            one = one._replace(index=0)
        point, trial = self._trial(one, cbr=cbr, snr_db=snr_db, seed=seed)
        try:
            replay = trial.replay(point, one.index, _number(draw))
        except Infeasible as reason:
            why = " ".join(str(reason).split())
            raise InputError(f"infeasible: {why}, got cbr={point.cbr:g}") from None
        title = f"{self.transmitter} over {self.channel} at {point.snr_db:g} dB"
        maps = _maps(trial, point, one.index)
        result = received(replay, trial.metrics, trial.tasks, maps, title)
        log.info("%r", result)
        return result

    def sweep(
        self,
        source: Any = "photos",
        *,
        snr_db: Any,
        cbr: Any,
        draws: int = 1,
        images: int | None = None,
        seed: int = 1,
        cbr_mode: str = "average",
        run: str | None = None,
        workers: int = 0,
        samples: bool = False,
        progress: bool | None = None,
    ):
        """Send all samples of a source at each SNR and CBR.

        Parameters
        ----------
        source : word such as ``photos``, ``folder:PATH`` or ``coco:ROOT``, a folder, a
            source, or a list of what :meth:`send` takes, numbered from 0
        snr_db : numbers or ``start:stop:step``, Es/N0 [dB]
        cbr : numbers or ``start:stop:step``
        draws : channel draws for each sample
        images : number of samples, from the first; all by default
        seed : root of all random numbers
        cbr_mode : ``average``, ``per_image`` or ``causal``
        run, workers, samples, progress : as in :func:`semlink.sweep`

        Output
        ------
        : DataFrame, as :func:`semlink.read` gives it

        Raises
        ------
        InputError
            A value is invalid, or a point failed.
        """
        stop = {"draws": draws, "images": images}
        grid = {"snr_db": snr_db, "cbr": cbr, "cbr_mode": cbr_mode, "seed": seed}
        tree = {**self._tree, **grid, "source": source, "stop": stop}
        options = Options(run, workers, samples, progress)
        return swept(tree, self._components, options)

    def _settings(self, source: Any, **values: Any) -> config.SweepConfig:
        return config.validate({**self._tree, "source": source, **plain(values)})

    def _trial(self, sample, **values: Any) -> tuple[Point, LinkTrial]:
        """The only point of a sweep over one sample, and its trial."""
        source = Alone(sample)
        word = self._components.with_source(source)
        settings = self._settings(word, **values, cbr_mode="per_image")
        for name in ("cbr", "snr_db"):
            if len(getattr(settings, name)) > 1:
                takes = f"send takes one {name} (sweep takes several)"
                raise InputError(f"{takes}, got {values[name]!r}")
        trial = LinkTrial(settings, self._components)
        if self._sent[0] == source.fingerprint() and not self._components.objects:
            trial.transmissions = self._sent[1]
        self._sent = source.fingerprint(), trial.transmissions
        return Sweep(trial).points[0], trial


def _maps(trial: LinkTrial, point: Point, index: int) -> Mapping[str, Any]:
    """Maps of a transmission without a reported state, if one fits the budget."""
    try:
        return trial.maps(point, index)
    except Infeasible:
        return {}


def _number(draw: Any) -> int:
    """A number of a draw."""
    try:
        number = whole(draw)
    except TypeError:
        number = -1
    if number < 0:
        must = "draw must be a whole number of at least 0"
        raise InputError(f"{must}, got {shown(draw)}")
    return number
