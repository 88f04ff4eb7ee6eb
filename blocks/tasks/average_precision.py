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
        self._ranked: _Ranked | None = None

    def whole(self) -> dict[str, float]:
        """COCOeval's summary of all pictures; NaN where there are no objects."""
        if not self._judge.evalImgs:
            return dict.fromkeys(STATS, float("nan"))
        with contextlib.redirect_stdout(io.StringIO()):
            self._judge.accumulate()
            self._judge.summarize()
        stats = self._judge.stats
        return {name: _defined(stats[place]) for name, place in STATS.items()}

    def __call__(self, index: Sequence[int] | None = None) -> dict[str, float]:
        """Summary of a resample: pictures of these numbers, which may occur again.

        ``None`` is :meth:`whole`; the others equal COCOeval's but for rounding.
        """
        if index is None:
            return self.whole()
        if not self._judge.params.catIds:
            return dict.fromkeys(STATS, float("nan"))
        if self._ranked is None:
            self._ranked = _ranked(self._judge, self._count)
        times = np.bincount(index, minlength=self._count).astype(float)
        every, *by_size = self._ranked.precision(times)
        means = map(_mean, (every, every[0], *by_size))
        return dict(zip(STATS, means, strict=True))


class _Ranked(NamedTuple):
    """Detections of all pictures by category, then in order of falling confidence.

    counts, hits : [A, T, D], by area and by overlap that a match needs: whether each
        counts, and whether it counts and matches an object
    picture : [D], number of each detection's picture
    starts : [K + 1], number of the first detection of each category, and D
    objects : [A, K, n], objects of each picture
    """

    counts: np.ndarray
    hits: np.ndarray
    picture: np.ndarray
    starts: np.ndarray
    objects: np.ndarray

    def precision(self, times: np.ndarray) -> np.ndarray:
        """Average precision [A, T, K] of pictures that occur ``times`` [n]."""
        from blocks.tasks.ranked_precision import precisions  # numba takes a second

        return precisions(*self[:4], self.objects @ times, times)


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


def _ranked(judge, count: int) -> _Ranked:
    """Detections of all categories, ranked once for all resamples."""
    shape = len(judge.params.catIds), len(judge.params.areaRng), count
    results = np.empty(shape, object)
    results.ravel()[:] = judge.evalImgs
    ranked = [_rank(category) for category in results]
    counts, hits = (np.concatenate([r[i] for r in ranked], axis=-1) for i in (0, 1))
    picture = np.concatenate([r[2] for r in ranked])
    starts = np.cumsum([0, *(len(r[2]) for r in ranked)])
    objects = np.vectorize(_there, otypes=[float])(results).transpose(1, 0, 2)
    return _Ranked(counts, hits, picture, starts, objects)


def _rank(results: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Detections of a category from COCOeval's results [A, n].

    Output
    ------
    : [A, T, D], whether they count; [A, T, D], whether they match an object that
        counts; [D], their pictures
    """
    seen = [i for i in range(results.shape[1]) if results[0, i] is not None]
    scores = np.concatenate([results[0, i]["dtScores"] for i in seen])
    pictures = [np.full(len(results[0, i]["dtScores"]), i) for i in seen]
    order = np.argsort(-scores, kind="mergesort")  # as COCOeval does
    matched, ignored = (
        np.stack([np.hstack([one[i][key] for i in seen]) for one in results])
        for key in ("dtMatches", "dtIgnore")
    )
    counts = ignored[..., order] == 0
    hits = (matched[..., order] > 0) & counts
    return counts, hits, np.concatenate(pictures)[order]


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
