"""The only seeding. Any transmission reproduces alone, in any order, on any machine.

A channel draws from a course: random processes through time, each drawn in chunks of
one length. Seed, process and chunk number determine the values. A longer signal meets
the same course for longer, and all transmitters meet the same course.
"""

import hashlib
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import numpy as np

EDITION = 2  # edition of the random numbers; other editions give other channels
CHUNK = 4096  # values of a process that one generator draws
KEPT = 1024  # cached states of chains

# (state before [rows, 1] or None, values [rows, n]) -> states [rows, n], float32
Follow = Callable[[np.ndarray | None, np.ndarray], np.ndarray]


def seed_of(root: int, role: str, *where: int) -> int:
    """Derive the seed of one role.

    Parameters
    ----------
    root : seed of the run
    role : name of the consumer or of the process
    where : indices, such as (sample, draw)

    Output
    ------
    : int, 63 bits
    """
    sequence = np.random.SeedSequence([root, *_words(role), *where])
    return int(sequence.generate_state(1, np.uint64)[0] >> 1)


class Seeds(NamedTuple):
    """Root of the random numbers of one transmission.

    root : seed of the run
    channel : name and parameters of the channel
    sample : index of the sample in its source
    draw : number of the channel draw
    """

    root: int
    channel: str = ""
    sample: int = 0
    draw: int = 0

    @property
    def course(self) -> int:
        """Seed of the channel's course, independent of transmitter, SNR and CBR."""
        return seed_of(self.root, f"course {self.channel}", self.sample, self.draw)

    def generator(self, role: str) -> np.random.Generator:
        """The generator of another role, independent of all other roles."""
        return np.random.default_rng(seed_of(self.root, role, self.sample, self.draw))


class Course:
    """The course of a channel: named random processes through time.

    A process has independent rows, one for each signal of a batch. The first values of
    a row do not depend on the shape. A course gives NumPy arrays if its seed is a
    number, and tensors if its seed is a tensor, as in a graph.

    Parameters
    ----------
    seed : [], int64
    """

    def __init__(self, seed):
        self.seed = seed

    def beneath(self) -> "Course":
        """The course of an inner channel, with processes of its own."""
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
        """States of a Markov chain : [rows, count], float32, from ``start`` on.

        The state at the end of each chunk is cached, so only new states are computed.

        Parameters
        ----------
        process : process whose values drive the chain
        follow : (state before [rows, 1] or ``None``, values [rows, n]) -> states
            [rows, n], float32, in NumPy; cached by its hash
        shape : (rows, count)
        start : number of the first state
        draw : distribution of the values, ``normal`` or ``uniform``
        """
        drawn = {"normal": _normal, "uniform": _uniform}[draw]

        def states(seed, shape, start) -> np.ndarray:
            key = tuple(_key(seed, process).tolist())
            return _states(follow, drawn, key, shape, int(start))

        return self._value(states, np.float32, shape, start)

    def seed_sionna(self, process: str) -> None:
        """Seed Sionna's generator for the Sionna model that is called next.

        The draws of such a model must not depend on the length of the signal.
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
        """Evaluate a function of (seed, shape, start), in NumPy or in a graph."""
        if isinstance(self.seed, int | np.integer | np.ndarray):
            return function(self.seed, np.asarray(shape), start)
        import tensorflow as tf

        given = [self.seed, shape, start]
        value = tf.numpy_function(function, given, dtype, stateful=False)
        return tf.reshape(value, shape)


def _words(text: str) -> list[int]:
    """A text as numbers; Python's own hash differs between processes."""
    digest = hashlib.sha256(text.encode()).digest()
    return [int(word) for word in np.frombuffer(digest, "<u4")]


def _key(seed, process: str) -> np.ndarray:
    """Key of a process's generators : [2], uint64."""
    sequence = np.random.SeedSequence([int(seed), *_words(process)])
    return sequence.generate_state(2, np.uint64)


def _in_chunks(
    draw: Callable, key: np.ndarray, values: np.ndarray, start: int = 0
) -> np.ndarray:
    """Fill values [rows, count] of a process, from number ``start`` on."""
    stop = start + values.shape[1]
    for row, chunk in np.ndindex(len(values), -(-stop // CHUNK) - start // CHUNK):
        chunk += start // CHUNK
        begin = chunk * CHUNK
        first, last = max(start, begin), min(stop, begin + CHUNK)
        generator = _generator(key, row, chunk)
        part = values[row, first - start : last - start]
        if first == begin:
            draw(generator, part)
        else:  # a generator reaches later values only through the first ones
            whole = np.empty(last - begin, values.dtype)
            draw(generator, whole)
            part[:] = whole[first - begin :]
    return values


def _generator(key: np.ndarray, row: int, chunk: int) -> np.random.Generator:
    """The generator of a row and chunk, which are its counter."""
    bits = np.random.Philox(counter=[0, 0, chunk, row], key=key)
    return np.random.Generator(bits)


def _states(follow: Follow, draw: Callable, key: tuple, shape, start: int):
    """States of a chain : [rows, count], from number ``start`` on."""
    rows, count = shape
    if not count:
        return np.empty(shape, np.float32)
    first, before = start // CHUNK, None
    for chunk in range(first):  # mostly cached
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
