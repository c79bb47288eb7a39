"""Memo values: computed once for all threads, bounded, without deadlocks."""

from __future__ import annotations

import gc
import threading
import weakref
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridrt_client.snapshots._memo import Memo
from tests.client.source import until


def test_it_is_computed_once_and_shared() -> None:
    memo = Memo()
    value = memo.get("key", lambda: [1])
    assert memo.get("key", lambda: [2]) is value
    assert memo.get("other", lambda: [2]) == [2]
    assert memo.get(None, lambda: None) is None
    assert len(memo) == 3


def test_many_threads_wait_for_the_one_that_computes_and_others_do_not() -> None:
    memo, may_end, calls = Memo(), threading.Event(), []

    def slow() -> int:
        calls.append(1)
        assert may_end.wait(20)
        return 5

    with ThreadPoolExecutor(8) as pool:
        waiting = [pool.submit(memo.get, "slow", slow) for _ in range(8)]
        until(lambda: len(calls) == 1 and len(memo._waiting) == 7)
        # No lock is held meanwhile.
        assert memo.get("quick", lambda: 7) == 7
        assert not any(future.done() for future in waiting)
        may_end.set()
        assert [future.result(20) for future in waiting] == [5] * 8
    assert calls == [1]


def test_an_exception_reaches_all_who_wait_and_is_not_remembered() -> None:
    memo, may_end = Memo(), threading.Event()

    def fails() -> int:
        assert may_end.wait(20)
        raise ValueError("no")

    with ThreadPoolExecutor(4) as pool:
        waiting = [pool.submit(memo.get, "key", fails) for _ in range(4)]
        until(lambda: len(memo._waiting) == 3)
        may_end.set()
        assert [str(future.exception(20)) for future in waiting] == ["no"] * 4
    assert memo.get("key", lambda: 1) == 1


def test_who_is_stopped_while_computing_leaves_the_work_to_those_who_wait() -> None:
    memo, may_end, first = Memo(), threading.Event(), threading.Event()

    class Stopped(BaseException):
        """As Streamlit stops a script."""

    def stopped() -> int:
        first.set()
        assert may_end.wait(20)
        raise Stopped

    with ThreadPoolExecutor(4) as pool:
        stopping = pool.submit(memo.get, "key", stopped)
        assert first.wait(20)
        waiting = [pool.submit(memo.get, "key", lambda: 3) for _ in range(3)]
        until(lambda: len(memo._waiting) == 3)
        may_end.set()
        assert isinstance(stopping.exception(20), Stopped)
        assert [future.result(20) for future in waiting] == [3, 3, 3]


def test_a_value_may_be_computed_from_others_but_not_from_itself() -> None:
    memo = Memo()

    def outer() -> int:
        return memo.get("inner", lambda: 20) + memo.get("inner", lambda: 99) + 2

    assert memo.get("outer", outer) == 42
    with pytest.raises(RuntimeError, match="needs itself: 'a'"):
        memo.get("a", lambda: memo.get("b", lambda: memo.get("a", lambda: 1)))
    assert memo.get("a", lambda: 1) == 1


def test_two_threads_that_need_each_others_value_are_told_and_do_not_wait_forever() -> None:
    memo, both = Memo(), threading.Barrier(2)

    def needs(other: str) -> Callable[[], int]:
        def compute() -> int:
            both.wait(20)
            return memo.get(other, lambda: 1) + 1

        return compute

    with ThreadPoolExecutor(2) as pool:
        ends = [pool.submit(memo.get, "a", needs("b")), pool.submit(memo.get, "b", needs("a"))]
        told = [str(one.exception(20)) for one in ends]
    assert any("needs itself" in one for one in told)


def test_parts_have_keys_of_their_own() -> None:
    memo = Memo()
    assert memo.get("key", lambda: 1) == 1
    assert memo.part("a").get("key", lambda: 2) == 2
    assert memo.part("b").get("key", lambda: 3) == 3
    assert memo.part("a").get("key", lambda: 4) == 2
    assert len(memo) == 3


def test_the_least_recently_used_are_forgotten_and_freed() -> None:
    grown: list[int] = []
    memo = Memo(2, on_growth=lambda: grown.append(memo.nbytes))

    def frame() -> pd.DataFrame:
        return pd.DataFrame({"n": np.zeros(1000)})

    first = weakref.ref(memo.get("a", frame))
    memo.get("b", frame)
    memo.get("a", frame)
    memo.get("c", frame)
    assert first() is not None
    assert memo.get("b", lambda: None) is None
    gc.collect()
    assert first() is None
    assert 8000 < memo.nbytes < 9000
    assert len(grown) == 4
    assert memo.shrink(1) == grown[0]
    assert len(memo) == 1
    # The newest stays, whatever is asked for.
    assert memo.shrink(10**9) == 0
    assert len(memo) == 1


@given(st.lists(st.tuples(st.integers(0, 4), st.booleans()), max_size=40), st.integers(1, 4))
def test_it_is_a_bounded_memory_of_the_most_recently_used(asked: list[tuple[int, bool]], most: int) -> None:
    memo, model = Memo(most), dict[int, int]()
    for turn, (key, fails) in enumerate(asked):

        def compute(turn: int = turn, fails: bool = fails) -> int:
            if fails:
                raise ValueError
            return turn

        if key not in model and fails:
            with pytest.raises(ValueError, match=r"^$"):
                memo.get(key, compute)
            continue
        model[key] = model.pop(key, turn)
        if len(model) > most:
            del model[next(iter(model))]
        assert memo.get(key, compute) == model[key]
        assert len(memo) == len(model)


@given(st.lists(st.lists(st.integers(0, 5), max_size=8), min_size=2, max_size=6))
def test_no_key_is_computed_twice_at_a_time_by_any_threads(plans: list[list[int]]) -> None:
    memo = Memo()
    running, calls, lock = Counter[int](), Counter[int](), threading.Lock()

    def compute(key: int) -> int:
        with lock:
            running[key] += 1
            calls[key] += 1
            assert running[key] == 1
        # Every value is computed from the one below.
        value = 1 if key == 0 else memo.get(key - 1, lambda: compute(key - 1)) * 2
        with lock:
            running[key] -= 1
        return value

    def follow(plan: list[int]) -> list[int]:
        return [memo.get(key, lambda key=key: compute(key)) for key in plan]

    with ThreadPoolExecutor(len(plans)) as pool:
        assert list(pool.map(follow, plans)) == [[2**key for key in plan] for plan in plans]
    assert set(calls.values()) <= {1}
    assert memo._waiting == {}
    assert memo._computing == {}
