"""Loading behind the page's back: the page is there at once, questions wait until the model is warm."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from collections.abc import Generator as Stream
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

from rag.serving.browser.examples import Examples, examples

if TYPE_CHECKING:
    from rag.index.contents import Index
    from rag.rag import Rag
    from rag.records import Answer

_log = logging.getLogger(__name__)


class Warm:
    """Calls `load` in a thread of its own, asks one question to warm the model up, then looks for examples.

    Both are handed out as soon as they are there; an error of `load` is raised where the result is asked for.
    """

    def __init__(self, load: Callable[[], Rag]) -> None:
        self._load = load
        self._rag: Future[Rag] = Future()
        self._examples: Future[Examples] = Future()
        self._stale = threading.Event()
        threading.Thread(target=self._run, name="warm-up", daemon=True).start()

    @property
    def ready(self) -> bool:
        return self._rag.done()

    def rag(self) -> Rag:
        """Waits until questions can be answered. Raises what loading raised."""
        return self._rag.result()

    @property
    def index(self) -> Index:
        """What is indexed now, once it is loaded."""
        return self.rag().index

    def stream(self, question: str, **options: Any) -> Stream[Answer]:
        """As `Rag.stream`, once it is loaded: a conversation can begin before."""
        return self.rag().stream(question, **options)

    def examples(self) -> Examples:
        """Waits until the examples are found. Raises what loading raised."""
        return self._examples.result()

    def found(self) -> Examples | None:
        """The examples; None as long as they are looked for."""
        found = self._examples
        return found.result() if found.done() and found.exception() is None else None

    def renew(self) -> None:
        """Has examples looked for again, in what the documents are by then."""
        self._stale.set()

    def _run(self) -> None:
        try:
            rag = self._load()
            rag.warm()
        except BaseException as error:
            self._rag.set_exception(error)
            self._examples.set_exception(error)
            return
        self._rag.set_result(rag)
        self._examples.set_result(self._find(rag))
        while self._stale.wait():
            self._stale.clear()
            found = Future[Examples]()
            found.set_result(self._find(rag))
            self._examples = found

    def _find(self, rag: Rag) -> Examples:
        try:
            return examples(rag)
        except Exception:
            # The page is as good without them.
            _log.exception("no examples found")
            return Examples()
