"""Cuts a connection whose next token is late.

A thread that waits in a read cannot look at the clock, and a server that sends signs of life without a token would keep
a read's own time-out from ever striking. So a second thread looks.
"""

import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

_STEP = 0.1
"""Seconds between looks: `until` may have come nearer."""


class Watch:
    """`expired` is True once `cut` was called, at the latest time that `until` was set to (`time.monotonic`)."""

    def __init__(self, cut: Callable[[], object], until: float) -> None:
        self.until = until
        self.expired = False
        self._cut = cut
        self._done = threading.Event()

    def __enter__(self) -> Self:
        threading.Thread(target=self._run, name="llm-watch", daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()

    def _run(self) -> None:
        while not self._done.wait(min(_STEP, max(0.0, self.until - time.monotonic()))):
            if time.monotonic() >= self.until:
                self.expired = True
                self._cut()
                return
