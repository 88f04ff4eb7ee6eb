"""The only seeding. Any transmission reproduces alone, in any order, anywhere.

What a channel does is a course: random processes through time, each of which is drawn
in chunks of one length. Seed, process and number of a chunk decide its values. So a
longer signal meets the same course for longer, and every transmitter the same one.
"""

import hashlib
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import numpy as np

EDITION = 2  # of the draws: results of another edition met other channels
CHUNK = 4096  # values of a process that are drawn by one generator
KEPT = 1024  # states of chains that are

# (state before [rows, 1] or None, values [rows, n]) -> states [rows, n], float32
Follow = Callable[[np.ndarray | None, np.ndarray], np.ndarray]


def seed_of(root: int, role: str, *where: int) -> int:
    """Derive the seed of one role.

    Parameters
    ----------
    root : seed of the run
    role : who draws, or what is drawn
    where : at which place, such as (sample, draw)

    Output
    ------
    : int, 63 bits
    """
    sequence = np.random.SeedSequence([root, *_words(role), *where])
    return int(sequence.generate_state(1, np.uint64)[0] >> 1)


class Seeds(NamedTuple):
    """What the random numbers of one transmission follow from.

    root : seed of the run
    channel : its name and parameters
    sample : index of the sample in its source
    draw : which draw of the channel
    """

    root: int
    channel: str = ""
    sample: int = 0
    draw: int = 0

    @property
    def course(self) -> int:
        """Seed of the channel's course; no transmitter, SNR or CBR is part of it."""
        return seed_of(self.root, f"course {self.channel}", self.sample, self.draw)

    def generator(self, role: str) -> np.random.Generator:
        """The generator of any other role: whatever it draws, no other role notices."""
        return np.random.default_rng(seed_of(self.root, role, self.sample, self.draw))


class Course:
    """The course of a channel: random processes, by name, that go on through time.

    A process has rows (one for each signal of a batch), which are independent. The
    first values of a row are the same whatever the shape. With a number as its seed, a
    course gives NumPy arrays; with a tensor, as in a graph, tensors.

    Parameters
    ----------
    seed : [], int64
    """

    def __init__(self, seed):
        self.seed = seed

    def beneath(self) -> "Course":
        """The course of a channel beneath this one: its processes are others."""
        return self._derived("beneath")

    def user(self, number: int) -> "Course":
        """The course of another user of the same channel, by its number."""
        return self._derived(f"user {number}")

    def _derived(self, role: str) -> "Course":
        def derived(seed, *_) -> np.ndarray:
            return np.asarray(seed_of(int(seed), role), np.int64)

        return Course(self._value(derived, np.int64, []))

    def normal(self, process: str, shape, start=0):
        """Values N(0, 1) of a process : [rows, count], float32, from ``start`` on."""
        return self._drawn(_normal, process, shape, start, np.float32)

    def complex_normal(self, process: str, shape, start=0):
        """Values CN(0, 1) of a process : [rows, count], from ``start`` on."""
        return self._drawn(_complex_normal, process, shape, start, np.complex64)

    def uniform(self, process: str, shape, start=0):
        """Values of a process, uniform in [0, 1) : [rows, count], from ``start`` on."""
        return self._drawn(_uniform, process, shape, start, np.float32)

    def chain(self, process: str, follow: Follow, shape, start=0, *, draw="normal"):
        """States of a Markov chain : [rows, count], float32; the first is ``start``.

        Its state at the end of a chunk is kept, so that a chain which goes on costs as
        much as what is new of it.

        Parameters
        ----------
        process : whose values drive the chain
        follow : (state before [rows, 1] or ``None``, values [rows, n]) -> states
            [rows, n], float32, in NumPy; known by its hash
        shape : (rows, count)
        start : number of the first state
        draw : the values, ``normal`` or ``uniform``
        """
        drawn = {"normal": _normal, "uniform": _uniform}[draw]

        def states(seed, shape, start) -> np.ndarray:
            key = tuple(_key(seed, process).tolist())
            return _states(follow, drawn, key, shape, int(start))

        return self._value(states, np.float32, shape, start)

    def seed_sionna(self, process: str) -> None:
        """Seed Sionna's generator, for a model of Sionna's that draws from it next.

        What such a model draws must not depend on how long the signal is.
        """
        import tensorflow as tf
        from sionna.phy import config

        with tf.init_scope():  # a generator cannot be made inside a graph
            generator = config.tf_rng

        def state(seed, *_) -> np.ndarray:
            return np.array([0, 0, _key(seed, process)[0] >> 1], np.int64)

        generator.reset(self._value(state, np.int64, [3]))

    def _drawn(self, draw: Callable, process: str, shape, start, dtype):
        def values(seed, shape, start) -> np.ndarray:
            return _in_chunks(
                draw, _key(seed, process), np.empty(shape, dtype), int(start)
            )

        return self._value(values, dtype, shape, start)

    def _value(self, function: Callable, dtype, shape, start=0):
        """What a function makes of the seed, a shape, and where it starts."""
        if isinstance(self.seed, int | np.integer | np.ndarray):
            return function(self.seed, np.asarray(shape), start)
        import tensorflow as tf

        given = [self.seed, shape, start]
        value = tf.numpy_function(function, given, dtype, stateful=False)
        return tf.reshape(value, shape)


def _words(text: str) -> list[int]:
    """A text as numbers; Python's own hash differs from process to process."""
    digest = hashlib.sha256(text.encode()).digest()
    return [int(word) for word in np.frombuffer(digest, "<u4")]


def _key(seed, process: str) -> np.ndarray:
    """Key of a process's generators : [2], uint64."""
    sequence = np.random.SeedSequence([int(seed), *_words(process)])
    return sequence.generate_state(2, np.uint64)


def _in_chunks(
    draw: Callable, key: np.ndarray, values: np.ndarray, start: int = 0
) -> np.ndarray:
    """Fill values [rows, count], of which the first is ``start`` in its process."""
    stop = start + values.shape[1]
    for row, chunk in np.ndindex(len(values), -(-stop // CHUNK) - start // CHUNK):
        chunk += start // CHUNK
        begin = chunk * CHUNK
        first, last = max(start, begin), min(stop, begin + CHUNK)
        generator = _generator(key, row, chunk)
        part = values[row, first - start : last - start]
        if first == begin:
            draw(generator, part)
        else:  # a generator has no access to its later values but through the first
            whole = np.empty(last - begin, values.dtype)
            draw(generator, whole)
            part[:] = whole[first - begin :]
    return values


def _generator(key: np.ndarray, row: int, chunk: int) -> np.random.Generator:
    """The generator of a row and chunk, by its counter."""
    bits = np.random.Philox(counter=[0, 0, chunk, row], key=key)
    return np.random.Generator(bits)


def _states(follow: Follow, draw: Callable, key: tuple, shape, start: int):
    """States of a chain : [rows, count], of which the first is ``start``."""
    rows, count = shape
    if not count:
        return np.empty(shape, np.float32)
    first, before = start // CHUNK, None
    for chunk in range(first):  # of which most are kept
        before = _state_after(follow, draw, key, int(rows), chunk)
    values = np.empty((rows, start + count - first * CHUNK), np.float32)
    _in_chunks(draw, np.array(key, np.uint64), values, first * CHUNK)
    return follow(before, values)[:, start - first * CHUNK :]


@lru_cache(maxsize=KEPT)
def _state_after(follow: Follow, draw: Callable, key: tuple, rows: int, chunk: int):
    """The last state of a chunk : [rows, 1]."""
    before = _state_after(follow, draw, key, rows, chunk - 1) if chunk else None
    values = np.empty((rows, CHUNK), np.float32)
    _in_chunks(draw, np.array(key, np.uint64), values, chunk * CHUNK)
    return follow(before, values)[:, -1:]


def _normal(generator: np.random.Generator, values: np.ndarray) -> None:
    generator.standard_normal(out=values, dtype=np.float32)


def _complex_normal(generator: np.random.Generator, values: np.ndarray) -> None:
    _normal(generator, values.view(np.float32))
    values *= np.sqrt(np.float32(0.5))


def _uniform(generator: np.random.Generator, values: np.ndarray) -> None:
    generator.random(out=values, dtype=np.float32)
