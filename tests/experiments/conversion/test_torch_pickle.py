"""Tensors of a legacy torch file are read, and nothing else is."""

import pickle
from collections import OrderedDict

import numpy as np
import pytest

from experiments.conversion.torch_pickle import MAGIC, read_tensors
from semlink.errors import InputError


class _Named:
    """Pickles as a global name, as torch's classes do."""

    def __init__(self, module: str, name: str):
        self.module, self.name = module, name


class _Pickler(pickle._Pickler):
    """Writes storages as persistent ids, and names without importing them."""

    def persistent_id(self, obj):
        return obj if isinstance(obj, tuple) and obj[:1] == ("storage",) else None

    def save(self, obj, save_persistent_id=True):
        if isinstance(obj, _Named):
            self.write(f"c{obj.module}\n{obj.name}\n".encode())
        elif isinstance(obj, _Tensor):
            self.save(_Named("torch._utils", "_rebuild_tensor_v2"))
            self.save(obj.arguments)
            self.write(b"R")
        else:
            super().save(obj, save_persistent_id)


class _Tensor:
    def __init__(self, *arguments):
        self.arguments = arguments


def write(path, tensors, storages, *, magic=MAGIC):
    """A file as ``torch.save`` wrote it before version 1.6."""
    with open(path, "wb") as file:
        for head in (magic, 1001, {"little_endian": True}):
            pickle.dump(head, file, 2)
        _Pickler(file, 2).dump(tensors)
        pickle.dump(list(storages), file, 2)
        for numbers in storages.values():
            file.write(len(numbers).to_bytes(8, "little") + numbers.tobytes())


def stored(key, kind="FloatStorage"):
    return ("storage", _Named("torch", kind), key, "cpu", 6, None)


def tensor(key, offset, shape, strides, kind="FloatStorage"):
    return _Tensor(stored(key, kind), offset, shape, strides, False, OrderedDict())


def test_shapes_offsets_and_strides(tmp_path):
    numbers = np.arange(6, dtype="<f4")
    tensors = OrderedDict(
        whole=tensor("1", 0, (2, 3), (3, 1)),
        turned=tensor("1", 0, (3, 2), (1, 3)),
        tail=tensor("1", 4, (2,), (1,)),
        count=tensor("2", 0, (), (), "LongStorage"),
    )
    path = tmp_path / "w.pth"
    write(path, tensors, {"1": numbers, "2": np.array([7], "<i8")})
    found = read_tensors(path)
    np.testing.assert_array_equal(found["whole"], numbers.reshape(2, 3))
    np.testing.assert_array_equal(found["turned"], numbers.reshape(2, 3).T)
    np.testing.assert_array_equal(found["tail"], [4, 5])
    assert found["count"] == 7


def test_a_tensor_beyond_its_storage_is_refused(tmp_path):
    path = tmp_path / "w.pth"
    tensors = OrderedDict(long=tensor("1", 2, (5,), (1,)))
    write(path, tensors, {"1": np.zeros(6, "<f4")})
    with pytest.raises(InputError, match="must lie in its storage, got its end at 6"):
        read_tensors(path)


def test_other_objects_are_refused(tmp_path):
    path = tmp_path / "w.pth"
    write(path, OrderedDict(evil=_Named("os", "system")), {})
    with pytest.raises(InputError, match=r"hold tensors only, got os\.system"):
        read_tensors(path)


@pytest.mark.parametrize("data", [b"", b"not a pickle", pickle.dumps(3)])
def test_another_file_is_refused_in_one_line(tmp_path, data):
    path = tmp_path / "w.pth"
    path.write_bytes(data)
    with pytest.raises(InputError, match="must be a legacy torch file, got"):
        read_tensors(path)
