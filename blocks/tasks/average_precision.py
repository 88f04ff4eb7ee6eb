"""Average precision of detections by pycocotools, and of resamples of the pictures.

An observation is a picture's ``objects``, rows of category, x, y, width, height, area
and whether it is a crowd, and what was ``found``, rows of category, confidence, x, y,
width and height; boxes are in pixels.

References
----------
T.-Y. Lin et al., "Microsoft COCO: Common Objects in Context", ECCV 2014;
https://cocodataset.org/#detection-eval.
"""

import contextlib
import io
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from semlink.modalities.categories import CATEGORIES

Observation = Mapping[str, Any]
# place in COCOeval's summary
STATS = {"ap": 0, "ap50": 1, "ap_small": 3, "ap_medium": 4, "ap_large": 5}
PARTS = ("objects", "found")
HALF = 0.5  # intersection over union of a match
EPSILON = np.spacing(1)  # as in COCOeval
ALL = "all"  # COCOeval's name of every area


class Counts(NamedTuple):
    """Objects of a picture: found, found though not there, and missed."""

    hits: int
    false: int
    missed: int

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall; 1 if there is nothing and it is so."""
        total = 2 * self.hits + self.false + self.missed
        return 2 * self.hits / total if total else 1.0


def counted(observation: Observation) -> Counts:
    """Match detections of a picture with its objects, as COCOeval does at IoU 0.5.

    Crowd regions are ignored, and what is found in them.
    """
    judge = _evaluated([observation], np.array([HALF]), areas=[ALL])
    hits = false = missed = 0
    for result in filter(None, judge.evalImgs):
        found = result["dtMatches"][0] > 0
        counts = ~result["dtIgnore"][0].astype(bool)
        hits += int((found & counts).sum())
        false += int((~found & counts).sum())
        missed += int((np.asarray(result["gtIgnore"]) == 0).sum())
    return Counts(hits, false, missed - hits)


class Precision:
    """Average precision of observations; the pictures are evaluated once.

    Parameters
    ----------
    observations : of the pictures
    """

    def __init__(self, observations: Sequence[Observation]):
        self._judge = _evaluated(observations)
        self._count = len(observations)
        self._ranked: list[_Ranked] | None = None

    def whole(self) -> dict[str, float]:
        """COCOeval's summary of all pictures; NaN where there are no objects."""
        if not self._judge.evalImgs:
            return dict.fromkeys(STATS, float("nan"))
        with contextlib.redirect_stdout(io.StringIO()):
            self._judge.accumulate()
            self._judge.summarize()
        stats = self._judge.stats
        return {name: _defined(stats[place]) for name, place in STATS.items()}

    def __call__(self, index: Sequence[int]) -> dict[str, float]:
        """Summary of a resample: pictures of these numbers, which may occur again."""
        if self._ranked is None:
            self._ranked = _ranked(self._judge, self._count)
        times = np.bincount(index, minlength=self._count).astype(float)
        rows = [ranked.precision(times) for ranked in self._ranked]
        if not rows:
            return dict.fromkeys(STATS, float("nan"))
        by_area = np.stack(rows)  # [K, A, T]
        areas = [_mean(by_area[:, a]) for a in range(by_area.shape[1])]
        first, *by_size = areas
        return dict(zip(STATS, [first, _mean(by_area[:, 0, 0]), *by_size], strict=True))


class _Ranked(NamedTuple):
    """Detections of a category over all pictures, in order of falling confidence.

    hits, false : [A, T, D], by area and by overlap that a match needs; what is
        ignored is neither
    picture : [D], number of each detection's picture
    objects : [A, n], objects of each picture
    """

    hits: np.ndarray
    false: np.ndarray
    picture: np.ndarray
    objects: np.ndarray

    def precision(self, times: np.ndarray) -> np.ndarray:
        """Average precision [A, T] of pictures that occur ``times`` [n]; NaN for none.

        The mean over 101 values of recall of the highest precision at no less of it.
        """
        total = (self.objects @ times)[:, None, None]
        steps = times[self.picture]
        hits = np.cumsum(self.hits * steps, axis=-1)
        false = np.cumsum(self.false * steps, axis=-1)
        precision = hits / (hits + false + EPSILON)
        best = np.maximum.accumulate(precision[..., ::-1], axis=-1)[..., ::-1]
        with np.errstate(invalid="ignore", divide="ignore"):
            recall = hits / total
        reached = np.searchsorted(RECALLS, recall, side="right")
        gained = np.diff(reached, axis=-1, prepend=0)
        value = (gained * best).sum(axis=-1) / len(RECALLS)
        return np.where(total[..., 0] > 0, value, np.nan)


RECALLS = np.linspace(0, 1, 101)


def _evaluated(
    observations: Sequence[Observation],
    overlaps: np.ndarray | None = None,
    areas: Sequence[str] | None = None,
):
    """COCOeval of observations, every picture evaluated.

    Categories without objects in any picture do not count, and are left out.

    Parameters
    ----------
    overlaps : least intersection over union of a match (``None``: COCO's ten)
    areas : COCOeval's names of areas (``None``: all four)
    """
    from pycocotools.cocoeval import COCOeval

    number = _numbers(observations)
    with contextlib.redirect_stdout(io.StringIO()):
        truth = _dataset(observations, number, "objects")
        found = _dataset(observations, number, "found")
        judge = COCOeval(truth, found, "bbox")
        wanted = {row[0] for seen in observations for row in seen["objects"]}
        if overlaps is None:
            judge.params.catIds = sorted(number[name] for name in wanted)
        else:
            judge.params.iouThrs = overlaps
            judge.params.catIds = sorted(number.values())
        if areas is not None:
            _keep_areas(judge.params, areas)
        judge.evaluate()
    return judge


def _keep_areas(params, areas: Sequence[str]) -> None:
    kept = [params.areaRngLbl.index(area) for area in areas]
    params.areaRng = [params.areaRng[place] for place in kept]
    params.areaRngLbl = list(areas)


def _numbers(observations: Sequence[Observation]) -> dict[str, int]:
    """Numbers of all categories that occur, COCO's own first, in its order."""
    names = {row[0] for seen in observations for part in PARTS for row in seen[part]}
    others = sorted(names.difference(CATEGORIES))
    order = [name for name in CATEGORIES if name in names] + others
    return {name: place for place, name in enumerate(order, 1)}


def _dataset(observations: Sequence[Observation], number: dict[str, int], part: str):
    """Objects of the pictures, or what was found, as pycocotools has them."""
    from pycocotools.coco import COCO

    entry = {"objects": _object, "found": _found}[part]
    listed = [(i, row) for i, seen in enumerate(observations) for row in seen[part]]
    coco = COCO()
    coco.dataset = {
        "images": [{"id": i} for i in range(len(observations))],
        "categories": [{"id": i, "name": name} for name, i in number.items()],
        "annotations": [
            {"id": place, "image_id": i, "category_id": number[row[0]]} | entry(row)
            for place, (i, row) in enumerate(listed, 1)
        ],
    }
    coco.createIndex()
    return coco


def _object(row: Sequence[Any]) -> dict[str, Any]:
    _, *box, area, crowd = row
    return {"bbox": box, "area": area, "iscrowd": crowd}


def _found(row: Sequence[Any]) -> dict[str, Any]:
    _, score, *box = row
    return {"bbox": box, "score": score, "area": box[2] * box[3], "iscrowd": 0}


def _ranked(judge, count: int) -> list[_Ranked]:
    """Detections of each category, ranked once for all resamples."""
    areas = len(judge.params.areaRng)
    shape = (len(judge.params.catIds), areas, count)
    results = np.empty(shape, object)
    results.ravel()[:] = judge.evalImgs
    return [_rank(results[k]) for k in range(shape[0])]


def _rank(results: np.ndarray) -> _Ranked:
    """Detections of a category from COCOeval's results [A, n]."""
    objects = np.array(
        [[_there(result) for result in line] for line in results], dtype=float
    )
    seen = [i for i in range(results.shape[1]) if results[0, i] is not None]
    scores = np.concatenate([results[0, i]["dtScores"] for i in seen])
    pictures = [np.full(len(results[0, i]["dtScores"]), i) for i in seen]
    order = np.argsort(-scores, kind="mergesort")  # as COCOeval does
    matched, ignored = (
        np.stack([np.hstack([one[i][key] for i in seen]) for one in results])
        for key in ("dtMatches", "dtIgnore")
    )
    matched, counts = matched[..., order] > 0, ~ignored[..., order].astype(bool)
    picture = np.concatenate(pictures)[order]
    return _Ranked(matched & counts, ~matched & counts, picture, objects)


def _there(result: Mapping[str, Any] | None) -> int:
    """Objects that count in COCOeval's result of a picture."""
    return 0 if result is None else int((np.asarray(result["gtIgnore"]) == 0).sum())


def _mean(values: np.ndarray) -> float:
    """Mean of the values that are defined; NaN if none is."""
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else float("nan")


def _defined(value: float) -> float:
    """COCOeval's -1 stands for a set without objects."""
    return float("nan") if value == -1 else float(value)
