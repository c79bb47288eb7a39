"""Values computed from one snapshot version: once for all threads, evicted together with it."""

import sys
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from concurrent.futures import CancelledError, Future
from dataclasses import fields, is_dataclass
from typing import Any, Final, TypeVar, cast

import numpy as np
import pandas as pd

T = TypeVar("T")
_SAMPLE: Final = 256
_DEEPEST: Final = 6


class Memo:
    """At most `max_values` values by key, each computed by one thread, the least recently used evicted first.

    Values are shared: never change one. `on_growth` is called after a value was added, with no lock held. `nbytes` are
    the estimated bytes of the values.
    """

    def __init__(self, max_values: int = 64, *, on_growth: Callable[[], object] = lambda: None) -> None:
        self.nbytes = 0
        self._max_values = max_values
        self._on_growth = on_growth
        self._lock = threading.Lock()
        self._values: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()
        self._computing: dict[Hashable, tuple[int, Future[Any]]] = {}  # with the id of the thread that computes
        self._waiting: dict[int, Hashable] = {}  # thread id -> the key that it waits for

    def get(self, key: Hashable, compute: Callable[[], T]) -> T:
        """Return the value of a key; the first caller computes it with no lock held, others wait for it.

        An exception of `compute` reaches all who wait and is not remembered. Raise RuntimeError when `compute` needs
        its own key, directly or through other keys and threads.
        """
        me = threading.get_ident()
        while True:
            with self._lock:
                if key in self._values:
                    self._values.move_to_end(key)
                    return cast(T, self._values[key][0])
                if key not in self._computing:
                    mine: Future[T] = Future()
                    self._computing[key] = me, mine
                    break
                self._refuse_cycle(key, me)
                self._waiting[me] = key
                other = self._computing[key][1]
            try:
                return cast(T, other.result())
            except CancelledError:
                # The computing thread was stopped by a BaseException, which says nothing about the value.
                continue
            finally:
                with self._lock:
                    del self._waiting[me]
                # An exception raised here keeps this frame, and the future keeps the exception.
                del other
        try:
            value = compute()
            size = size_of(value)
            with self._lock:
                del self._computing[key]
                self._values[key] = value, size
                self.nbytes += size
                while len(self._values) > self._max_values:
                    self._evict_oldest()
            mine.set_result(value)
        except BaseException as error:
            with self._lock:
                del self._computing[key]
            if isinstance(error, Exception):
                mine.set_exception(error)
            else:
                mine.cancel()
            raise
        finally:
            del mine
        self._on_growth()
        return value

    def part(self, name: Hashable) -> "Memo":
        """Return a view of this memo with keys of its own, for values of a part of the records."""
        return _Part(self, name)

    def shrink(self, surplus: int) -> int:
        """Evict the least recently used values until `surplus` bytes are freed; the newest stays. Return the bytes."""
        with self._lock:
            before = self.nbytes
            while len(self._values) > 1 and before - self.nbytes < surplus:
                self._evict_oldest()
            return before - self.nbytes

    def __len__(self) -> int:
        return len(self._values)

    def _evict_oldest(self) -> None:
        _, (_, size) = self._values.popitem(last=False)
        self.nbytes -= size

    def _refuse_cycle(self, key: Hashable, me: int) -> None:
        """Raise when the thread that computes the key waits, through any others, for this one: a deadlock."""
        needed: Hashable | None = key
        while needed in self._computing:
            owner, _ = self._computing[needed]
            if owner == me:
                raise RuntimeError(f"A memo value needs itself: {key!r}")
            needed = self._waiting.get(owner)


class _Part(Memo):
    def __init__(self, whole: Memo, name: Hashable) -> None:
        self._whole, self._name = whole, name

    def get(self, key: Hashable, compute: Callable[[], T]) -> T:
        return self._whole.get((self._name, key), compute)


def size_of(value: object) -> int:
    """Return the estimated bytes of a value: frames, arrays, and tuples, lists, sets, dicts and dataclasses of them.

    What occurs twice in the value counts once; what several values share counts in each. A dataclass may give its own
    size as an int attribute ``own_bytes``. It takes about a millisecond, whatever the size: pandas'
    ``memory_usage(deep=True)`` visits every Python object, which takes most of a second for a million rows.
    """
    return _size(value, set(), _DEEPEST)


def _size(value: object, seen: set[int], depth: int) -> int:
    if id(value) in seen:
        return 0
    seen.add(id(value))
    if isinstance(value, (pd.DataFrame, pd.Series)):
        columns = [value] if isinstance(value, pd.Series) else [value.iloc[:, n] for n in range(value.shape[1])]
        return _size(value.index, seen, depth) + sum(_array(column.array, seen) for column in columns)
    if isinstance(value, pd.RangeIndex):
        return int(value.memory_usage())
    if isinstance(value, (pd.Index, np.ndarray, pd.api.extensions.ExtensionArray)):
        return _array(value.array if isinstance(value, pd.Index) else value, seen)
    shell = sys.getsizeof(value, 64)
    if depth == 0 or isinstance(value, (str, bytes)):
        return shell
    parts: list[list[Any]] = []
    if is_dataclass(value) and not isinstance(value, type):
        own = getattr(value, "own_bytes", None)
        if isinstance(own, int):
            return own
        parts = [[getattr(value, one.name)] for one in fields(value)]
    elif isinstance(value, Mapping):
        parts = [list(value.keys()), list(value.values())]
    elif isinstance(value, (tuple, list, set, frozenset)):
        parts = [list(value)]
    return shell + sum(_sampled(part, lambda one: _size(one, seen, depth - 1)) for part in parts)


def _array(values: Any, seen: set[int]) -> int:
    if isinstance(values, pd.Categorical):
        return int(values.codes.nbytes) + _size(values.categories, seen, 1)
    if not pd.api.types.is_object_dtype(values.dtype):
        return int(values.nbytes)
    objects = np.asarray(values).ravel()
    return int(values.nbytes) + _sampled(objects, lambda one: 0 if one is None else sys.getsizeof(one, 64))


def _sampled(values: Any, size: Callable[[Any], int]) -> int:
    """Return the size of all values, by evenly spaced ones; an odd step, as patterns of two or four are common."""
    chosen = values[:: (len(values) // _SAMPLE) | 1]
    return sum(map(size, chosen)) * len(values) // max(1, len(chosen))
