"""GET /health, /ready and /metrics."""

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response

from rag.serving.http.replies import ReadyReply, StateReply
from rag.serving.http.service import JsonResponse, Service, index_of, service

router = APIRouter(tags=["operations"])
_METRICS = "text/plain; version=0.0.4; charset=utf-8"


@router.get("/health", summary="Whether the server is there", response_model=StateReply)
async def health() -> Response:
    return JsonResponse({"status": "ok"})


@router.get("/ready", summary="Whether questions can be answered", response_model=ReadyReply)
async def ready(service: Annotated[Service, Depends(service)]) -> Response:
    return JsonResponse({"status": "ready", "index": index_of(service.rag())})


@router.get(
    "/metrics",
    summary="Counts and times for Prometheus",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
)
def metrics(service: Annotated[Service, Depends(service)]) -> Response:
    return Response(service.metrics.text(service.loaded()), media_type=_METRICS)
