"""What the routes share: the `Rag` (once it is loaded), the threads, the counts."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from typing import Any, TypeVar

from anyio import CapacityLimiter
from fastapi import Request
from starlette.responses import JSONResponse

from rag.errors import BadSetting
from rag.plain import answer_dict, index_dict
from rag.rag import Rag
from rag.records import Answer
from rag.serving.http.keys import Keys
from rag.serving.http.metrics import Metrics
from rag.serving.http.problems import Problem, of_rag_error
from rag.serving.http.work import Work
from rag.settings import Settings

T = TypeVar("T")


class Service:
    """One index served. `rag` may still be loading."""

    def __init__(self, rag: Rag | Future[Rag], settings: Settings) -> None:
        self.settings = settings
        self.keys = Keys(settings.api_keys)
        self.metrics = Metrics()
        self.work = Work()
        self._rag = rag

    def loaded(self) -> Rag | None:
        """The `Rag`, None as long as there is none."""
        if isinstance(self._rag, Rag):
            return self._rag
        if not self._rag.done() or self._rag.exception() is not None:
            return None
        return self._rag.result()

    def rag(self) -> Rag:
        """The `Rag`. Raises Problem (503) as long as there is none."""
        rag = self.loaded()
        if rag is None:
            raise Problem(
                503, "the index is still being loaded; try again in some seconds", headers={"Retry-After": "2"}
            )
        return rag

    def limiter(self, rag: Rag, llm: bool) -> CapacityLimiter:
        """The threads for an answer."""
        return self.work.slow if llm and rag.generates else self.work.quick

    async def find(self, limiter: CapacityLimiter, function: Callable[[], T]) -> T:
        """The result of a question. Raises Problem (404) for documents, fields and values that are not there."""
        try:
            return await self.work.run(limiter, function)
        except BadSetting as error:
            raise of_rag_error(error, 404) from None

    def answer(self, answer: Answer, rag: Rag) -> dict[str, Any]:
        """A whole answer as it is sent, counted."""
        self.metrics.answer(answer)
        return answer_dict(answer, rag.index, folder(rag))


def service(request: Request) -> Service:
    """The service of the app that a request came to (a FastAPI dependency)."""
    found: Service = request.app.state.service
    return found


def folder(rag: Rag) -> str:
    """The index's folder as it was named, "" in memory."""
    return "" if rag.folder is None else str(rag.folder)


def index_of(rag: Rag) -> dict[str, Any]:
    """The index as it is named in replies."""
    return index_dict(rag.index, folder(rag))


def pieces(shown: str, text: str) -> Iterator[tuple[str, bool]]:
    """What to send so that a reader who has `shown` gets `text`: (words, whether they replace all that was shown)."""
    if text != shown:
        yield (text[len(shown) :], False) if text.startswith(shown) else (text, True)


class JsonResponse(JSONResponse):
    """JSON, also of texts that hold what UTF-8 cannot (halves of characters, as JSON escapes)."""

    def render(self, content: Any) -> bytes:
        import json

        text = json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        try:
            return text.encode("utf-8")
        except UnicodeEncodeError:
            return json.dumps(content, separators=(",", ":"), allow_nan=False).encode("ascii")
