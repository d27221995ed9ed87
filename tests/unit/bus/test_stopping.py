"""Waits that a stop ends, and tasks that end with the block that needs them."""

import asyncio

import pytest

from tocsin.bus.stopping import background, first_of, run_until_stopped, started, wait_or_stop
from tocsin.model.errors import BusUnavailable, Fatal


async def _for_ever() -> None:
    await asyncio.Event().wait()


async def _fail(error: Exception) -> None:
    await asyncio.sleep(0)
    raise error


async def _fail_at_the_end(error: Exception) -> None:
    try:
        await _for_ever()
    finally:
        raise error


async def test_a_wait_says_whether_a_stop_ended_it() -> None:
    stop = asyncio.Event()
    assert not await wait_or_stop(stop, 0.001)
    asyncio.get_running_loop().call_soon(stop.set)
    async with asyncio.timeout(5):
        assert await wait_or_stop(stop, 60)
    assert await wait_or_stop(stop, 60)


async def test_what_runs_in_the_background_ends_with_the_body() -> None:
    ended = asyncio.Event()

    async def work() -> None:
        try:
            await _for_ever()
        finally:
            ended.set()

    async with background(work(), work()):
        await asyncio.sleep(0)
        assert not ended.is_set()
    assert ended.is_set()


async def test_a_failure_in_the_background_ends_the_body_and_comes_out_as_it_is() -> None:
    with pytest.raises(BusUnavailable, match="nothing there"):
        async with background(_for_ever(), _fail(BusUnavailable("nothing there"))):
            await _for_ever()


async def test_an_error_of_the_body_comes_out_as_it_is_with_its_cause() -> None:
    cause = KeyError("a")
    with pytest.raises(ValueError, match="b") as caught:
        async with background(_for_ever()):
            raise ValueError("b") from cause
    assert caught.value.__cause__ is cause


async def test_of_two_errors_a_fatal_one_comes_out() -> None:
    with pytest.raises(Fatal):
        async with background(_fail(Fatal("dead"))):
            await _fail_at_the_end(ValueError("in consequence"))


async def test_two_errors_come_out_together() -> None:
    with pytest.raises(ExceptionGroup) as caught:
        async with background(_fail(KeyError("a"))):
            await _fail_at_the_end(ValueError("b"))
    assert {type(error) for error in caught.value.exceptions} == {KeyError, ValueError}


async def test_a_cancelled_body_is_cancelled_and_ends_the_background() -> None:
    async def body() -> None:
        async with background(_for_ever()):
            await _for_ever()

    async with started(body()) as task:
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait({task})
        assert task.cancelled()


async def test_a_started_task_ends_with_the_body() -> None:
    async with started(_for_ever()) as task:
        assert not task.done()
    assert task.cancelled()


async def test_the_failure_of_a_started_task_is_raised_after_the_body() -> None:
    with pytest.raises(KeyError):
        async with started(_fail(KeyError("a"))) as task:
            await asyncio.wait({task})


async def test_an_error_of_the_body_hides_that_of_a_started_task() -> None:
    with pytest.raises(ValueError, match="b"):
        async with started(_fail(KeyError("a"))):
            await _fail(ValueError("b"))


async def test_the_first_of_several_events_ends_the_wait() -> None:
    one, other = asyncio.Event(), asyncio.Event()
    asyncio.get_running_loop().call_soon(other.set)
    async with asyncio.timeout(5):
        await first_of(one, other)
        await first_of(one, timeout_s=0.001)


async def test_work_that_ends_by_itself_needs_no_stop() -> None:
    async with asyncio.timeout(5):
        await run_until_stopped(asyncio.sleep(0), asyncio.Event(), grace_s=lambda: 60)
    with pytest.raises(KeyError):
        await run_until_stopped(_fail(KeyError("a")), asyncio.Event(), grace_s=lambda: 60)


async def test_after_a_stop_work_has_its_time_to_end_and_is_cancelled_then() -> None:
    stop, done = asyncio.Event(), []

    async def work(after_s: float) -> None:
        await stop.wait()
        await asyncio.sleep(after_s)
        done.append(after_s)

    stop.set()
    async with asyncio.timeout(5):
        await run_until_stopped(work(0.001), stop, grace_s=lambda: 60)
        await run_until_stopped(work(60), stop, grace_s=lambda: 0)
    assert done == [0.001]
