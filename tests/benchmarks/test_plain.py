"""The viewer without a browser keeps to the page's protocol, and tells refreshes from ticks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.server import ServerConnection, serve
from websockets.typing import Subprotocol

from tests import asynchronous
from tests.benchmarks.plain import Kept, PlainViewer

Answer = Callable[[ClientState], list[ForwardMsg | float]]


def begun(*fragments: str) -> ForwardMsg:
    message = ForwardMsg()
    message.new_session.config.max_cached_message_age = 2
    message.metadata.run.fragment_ids.extend(fragments)
    return message


def element(part: str, key: str = "", fragment: str = "") -> ForwardMsg:
    message = ForwardMsg(hash=key)
    getattr(message.delta.new_element, part).SetInParent()
    message.delta.fragment_id = fragment
    message.metadata.cacheable = bool(key)
    return message


def known(key: str) -> ForwardMsg:
    return ForwardMsg(ref_hash=key)


def timer(fragment: str, seconds: float) -> ForwardMsg:
    message = ForwardMsg()
    message.auto_rerun.fragment_id, message.auto_rerun.interval = fragment, seconds
    return message


def ended(*fragments: str, how: int = ForwardMsg.FINISHED_SUCCESSFULLY) -> ForwardMsg:
    message = ForwardMsg()
    message.script_finished = how  # type: ignore[assignment]
    message.metadata.run.fragment_ids.extend(fragments)
    return message


@asynccontextmanager
async def server(answer: Answer, asked: list[ClientState]) -> AsyncIterator[str]:
    """A server that answers each question with messages, and waits where a number of seconds stands among them."""

    async def talk(socket: ServerConnection) -> None:
        async for frame in socket:
            question = BackMsg.FromString(frame).rerun_script  # type: ignore[arg-type]
            asked.append(question)
            for part in answer(question):
                if isinstance(part, ForwardMsg):
                    await socket.send(part.SerializeToString())
                else:
                    await asyncio.sleep(part)

    async with serve(talk, "127.0.0.1", 0, subprotocols=[Subprotocol("streamlit")]) as listening:
        yield f"http://127.0.0.1:{next(iter(listening.sockets)).getsockname()[1]}"


def look(answer: Answer, until: Callable[[PlainViewer], bool]) -> tuple[PlainViewer, list[ClientState]]:
    """A viewer after it has looked long enough, and what it asked."""
    asked: list[ClientState] = []

    async def run() -> PlainViewer:
        async with server(answer, asked) as url:
            viewer = PlainViewer(url, "/events", "refresh=5")
            task = asyncio.create_task(viewer.watch())
            try:
                async with asyncio.timeout(10):
                    while not until(viewer) and not task.done():
                        await asyncio.sleep(0.01)
            finally:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await _done(task)
            return viewer

    return asynchronous.run(run()), asked


async def _done(task: Awaitable[None]) -> None:
    await task


def test_a_message_is_forgotten_when_three_runs_did_without() -> None:
    kept = Kept()
    assert kept.take(element("plotly_chart", "a")) == "plotly_chart"
    assert kept.take(element("dataframe", "b")) == "dataframe"
    kept.take(element("markdown"))
    for _ in range(2):
        kept.run_ended([])
        assert kept.take(known("a")) == "plotly_chart"
    assert kept.hashes == ["a", "b"]
    kept.run_ended([])
    assert kept.hashes == ["a"]
    with pytest.raises(KeyError):
        kept.take(known("b"))


def test_a_run_of_a_fragment_forgets_nothing_of_the_others() -> None:
    kept = Kept()
    kept.take(element("plotly_chart", "whole"))
    kept.take(element("dataframe", "mine", "f"))
    kept.take(element("dataframe", "other", "g"))
    for _ in range(5):
        kept.run_ended(["f"])
    assert kept.hashes == ["whole", "other"]
    kept.run_ended([])
    assert kept.hashes == []


def test_what_redraws_the_view_is_a_refresh_and_what_does_not_is_a_tick() -> None:
    turns = iter(range(100))

    def answer(question: ClientState) -> list[ForwardMsg | float]:
        if not question.fragment_id:
            page = ForwardMsg()
            page.navigation.page_script_hash = "the-page"
            return [
                begun(),
                page,
                element("plotly_chart", "chart"),
                timer("age", 0.05),
                timer("view", 0.11),
                ended(),
            ]
        if question.fragment_id == "age":
            return [begun("age"), element("markdown"), ended("age")]
        again = element("dataframe") if next(turns) % 2 else known("chart")
        return [begun("view"), again, ended("view")]

    viewer, asked = look(answer, lambda viewer: len(viewer.runs.refreshes) >= 4)
    runs = viewer.runs
    assert runs.problems == []
    assert len(runs.ticks) > len(runs.refreshes) >= 4
    assert runs.asked in (runs.answered, runs.answered + 1, runs.answered + 2)
    first, *rest = asked
    assert (first.page_name, first.page_script_hash, first.is_auto_rerun) == ("events", "", False)
    for question in rest:
        assert (question.page_name, question.page_script_hash, question.is_auto_rerun) == ("", "the-page", True)
        assert question.fragment_id in ("age", "view")
        assert list(question.cached_message_hashes) == ["chart"]


def test_a_tick_that_gives_way_to_a_run_of_the_script_is_waited_for_to_its_end() -> None:
    def answer(question: ClientState) -> list[ForwardMsg | float]:
        whole: list[ForwardMsg | float] = [begun(), element("metric"), timer("age", 0.4), ended()]
        if not question.fragment_id:
            return whole
        return [begun("age"), ended("age", how=ForwardMsg.FINISHED_EARLY_FOR_RERUN), 0.2, *whole]

    viewer, _ = look(answer, lambda viewer: len(viewer.runs.refreshes) >= 2)
    assert viewer.runs.ticks == []
    assert min(viewer.runs.refreshes) >= 0.2


def test_timers_follow_the_server() -> None:
    def answer(question: ClientState) -> list[ForwardMsg | float]:
        if not question.fragment_id:
            return [begun(), element("table"), timer("slow", 60), timer("gone", 0.05), ended()]
        stop = ForwardMsg()
        stop.stop_auto_rerun.fragment_ids.append("gone")
        # The one that is stopped was the only one to tick; from now on the slow one is quick.
        return [begun(question.fragment_id), stop, timer("slow", 0.05), ended(question.fragment_id)]

    viewer, asked = look(answer, lambda viewer: len(viewer.runs.ticks) >= 4)
    assert viewer.runs.problems == []
    assert [question.fragment_id for question in asked[:4]] == ["", "gone", "slow", "slow"]


def test_a_server_that_refers_to_what_the_page_has_not_is_told_of() -> None:
    viewer, _ = look(lambda _: [begun(), known("nothing")], lambda viewer: bool(viewer.runs.problems))
    assert "nothing" in viewer.runs.problems[0]


def test_a_view_of_which_nothing_is_there_yet_is_not_drawn() -> None:
    turns = iter(range(100))

    def answer(question: ClientState) -> list[ForwardMsg | float]:
        if not question.fragment_id:
            return [begun(), element("progress"), timer("view", 0.05), ended()]
        return [begun("view"), element("progress" if next(turns) < 3 else "dataframe"), ended("view")]

    viewer, asked = look(answer, lambda viewer: viewer.runs.drawn)
    assert len(asked) >= 5
    assert viewer.runs.answered == 0, "what comes before the view is there is no refresh of it"
