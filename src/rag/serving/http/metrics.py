"""What Prometheus is told. Labels come from the routes and from fixed words, never from a request."""

from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

if TYPE_CHECKING:
    from rag.rag import Rag
    from rag.records import Answer

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 180)


class Metrics:
    """A registry of its own, so that several apps in one process do not count together."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        self._requests = Counter("rag_requests", "Requests", ["method", "route", "status"], registry=registry)
        self._seconds = Histogram(
            "rag_request_seconds", "Until the last byte of a reply", ["route"], buckets=_SECONDS, registry=registry
        )
        self._answers = Counter("rag_answers", "Answers by outcome", ["outcome", "origin"], registry=registry)
        self._stages = Histogram(
            "rag_answer_stage_seconds", "Time of an answer by stage", ["stage"], buckets=_SECONDS, registry=registry
        )
        self.running = Gauge("rag_requests_running", "Requests being answered", registry=registry)
        self._ready = Gauge("rag_ready", "1 when questions can be answered", registry=registry)
        self._documents = Gauge("rag_index_documents", "Documents in the index", registry=registry)
        self._passages = Gauge("rag_index_passages", "Passages in the index", registry=registry)

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request that has ended."""
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def answer(self, answer: "Answer") -> None:
        """Count an answer."""
        self._answers.labels("abstained" if answer.abstained else "answered", answer.origin).inc()
        for stage, seconds in answer.timings.items():
            self._stages.labels(stage).observe(seconds)

    def text(self, rag: "Rag | None") -> bytes:
        """All of it in Prometheus' text format."""
        self._ready.set(rag is not None)
        self._documents.set(len(rag.documents) if rag else 0)
        self._passages.set(len(rag.passages) if rag else 0)
        return generate_latest(self._registry)
