"""Work that blocks, in threads: many may wait, few compute, and adding documents takes no thread from asking."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from collections.abc import Generator as Stream
from typing import TypeVar

import anyio
from anyio import CapacityLimiter, to_thread

from rag.serving.http.problems import Problem

T = TypeVar("T")
MOST_WAITING = 1000
IDLE_SECONDS = 15.0
_END = object()


class Work:
    """Limits by kind of work.

    quick     searches and quotations: they compute, and more threads than processors only slow each other down
    slow      answers of a language model: they wait for it
    embedding vectors for others
    changing  documents that come and go: one after another
    """

    def __init__(self) -> None:
        self.quick = CapacityLimiter(max(2, os.cpu_count() or 1))
        self.slow = CapacityLimiter(32)
        self.embedding = CapacityLimiter(1)
        self.changing = CapacityLimiter(1)

    async def run(self, limiter: CapacityLimiter, function: Callable[[], T]) -> T:
        """The function's result. Raises Problem (503) where too many wait already."""
        _refuse_overload(limiter)
        return await to_thread.run_sync(function, limiter=limiter)

    async def iterate(self, limiter: CapacityLimiter, stream: Stream[T]) -> AsyncIterator[T | None]:
        """The stream's items; None where one keeps its reader waiting, so that a connection can be kept alive.

        Whoever stops reading closes the stream.
        """
        _refuse_overload(limiter)
        step: asyncio.Future[object] | None = None
        try:
            while True:
                step = asyncio.ensure_future(to_thread.run_sync(next, stream, _END, limiter=limiter))
                while not (await asyncio.wait({step}, timeout=IDLE_SECONDS))[0]:
                    yield None
                item = step.result()
                if item is _END:
                    return
                yield item  # type: ignore[misc]
        finally:
            with anyio.CancelScope(shield=True):
                if step is not None and not step.done():
                    await asyncio.wait({step})  # a generator that runs cannot be closed
                await to_thread.run_sync(stream.close)


def _refuse_overload(limiter: CapacityLimiter) -> None:
    if limiter.statistics().tasks_waiting >= MOST_WAITING:
        raise Problem(503, "too many requests wait already; try again later", headers={"Retry-After": "5"})
