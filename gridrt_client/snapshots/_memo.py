"""What is computed from one answer: once for all who look, and forgotten together with the answer."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from gridrt_client.snapshots._memory_size import size_of

T = TypeVar("T")


@dataclass(eq=False)
class _Work:
    """A value that is being computed, and by which thread."""

    owner: int = field(default_factory=threading.get_ident)
    result: Future[Any] = field(default_factory=Future)


class Derived:
    """Values by key, each computed once however many threads ask, the least recently used forgotten first.

    What is kept is shared by all who ask: nobody may change it.

    Parameters
    ----------
    max_values
        So many values are kept.
    grown
        Called after a value was added, with no lock held.
    """

    def __init__(self, max_values: int = 64, *, grown: Callable[[], object] | None = None) -> None:
        self._max_values = max_values
        self._grown = grown
        self._lock = threading.Lock()
        self._values: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()
        self._works: dict[Hashable, _Work] = {}
        self._waiting: dict[int, Hashable] = {}  # thread -> the key that it waits for
        self.nbytes = 0
        """Bytes of the values kept now, by an estimate."""

    def get(self, key: Hashable, compute: Callable[[], T]) -> T:
        """The value of a key, computed by the first who asks; others wait for that one. No lock is held meanwhile.

        `compute` may get other keys, not its own, neither directly nor through others: RuntimeError. An exception that
        it raises reaches all who wait for it and is not remembered.
        """
        me = threading.get_ident()
        while True:
            with self._lock:
                if key in self._values:
                    self._values.move_to_end(key)
                    return cast(T, self._values[key][0])
                work = self._works.get(key)
                if work is None:
                    mine = self._works[key] = _Work()
                    break
                self._refuse_circle(key, me)
                self._waiting[me] = key
            try:
                return cast(T, work.result.result())
            except CancelledError:
                # Whoever computed it was stopped from outside, which says nothing about the value.
                continue
            finally:
                with self._lock:
                    del self._waiting[me]
                # An exception that is raised here keeps this frame, and the future keeps the exception.
                del work
        try:
            value = compute()
            size = size_of(value)
        except Exception as error:
            self._drop(key)
            mine.result.set_exception(error)
            raise
        except BaseException:
            self._drop(key)
            mine.result.cancel()
            raise
        else:
            self._keep(key, value, size)
            mine.result.set_result(value)
        finally:
            del mine
        if self._grown is not None:
            self._grown()
        return value

    def part(self, name: Hashable) -> Derived:
        """The same memory under keys of its own, for values of a part of the answer."""
        return _Part(self, name)

    def shrink(self, surplus: int) -> int:
        """Forget the least recently used values, so many bytes of them; the newest stays. How many bytes that were."""
        with self._lock:
            before = self.nbytes
            while len(self._values) > 1 and before - self.nbytes < surplus:
                self._forget_oldest()
            return before - self.nbytes

    def __len__(self) -> int:
        return len(self._values)

    def _keep(self, key: Hashable, value: object, size: int) -> None:
        with self._lock:
            del self._works[key]
            self._values[key] = value, size
            self.nbytes += size
            while len(self._values) > self._max_values:
                self._forget_oldest()

    def _drop(self, key: Hashable) -> None:
        with self._lock:
            del self._works[key]

    def _forget_oldest(self) -> None:
        _, (_, size) = self._values.popitem(last=False)
        self.nbytes -= size

    def _refuse_circle(self, key: Hashable, me: int) -> None:
        """Raise when whoever computes the key waits for this thread: both would wait forever."""
        needed: Hashable | None = key
        while needed in self._works:
            owner = self._works[needed].owner
            if owner == me:
                raise RuntimeError(f"A derived value needs itself: {key!r}")
            if owner not in self._waiting:
                return
            needed = self._waiting[owner]


class _Part(Derived):
    def __init__(self, whole: Derived, name: Hashable) -> None:
        self._whole = whole
        self._name = name

    def get(self, key: Hashable, compute: Callable[[], T]) -> T:
        return self._whole.get((self._name, key), compute)
