"""schemathesis: whatever the OpenAPI description allows or forbids, no reply is a 5xx or breaks its schema."""

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance
from serving_fakes import KEY, small_rag

from rag import Settings
from rag.serving.http import create_app

HEADERS = {"X-API-Key": KEY}
APP = create_app(small_rag(), Settings(api_keys=KEY, rate_limit=0))
SCHEMA = schemathesis.openapi.from_asgi("/openapi.json", APP)
OPERATIONS = [result.ok() for result in SCHEMA.get_all_operations()]
MODES = {"allowed": GenerationMode.POSITIVE, "forbidden": GenerationMode.NEGATIVE}
CASES = [
    pytest.param(operation, mode, id=f"{operation.label} {name}")
    for operation in OPERATIONS
    for name, mode in MODES.items()
    if name == "allowed" or operation.body or operation.query or operation.path_parameters
]


def test_every_route_is_described():
    described = {operation.label for operation in OPERATIONS}
    assert {"POST /v1/ask", "POST /v1/documents", "POST /v1/chat/completions", "GET /metrics"} <= described
    assert len(described) == 13


@pytest.mark.parametrize(("operation", "mode"), CASES)
def test_replies_are_as_described(operation, mode):
    # What a form sends may be valid and yet no document (a picture, say).
    excluded = [positive_data_acceptance] if operation.label == "POST /v1/documents" else []

    @given(operation.as_strategy(generation_mode=mode))
    @settings(
        max_examples=20,
        deadline=None,
        database=None,
        derandomize=True,
        phases=(Phase.explicit, Phase.generate),
        suppress_health_check=list(HealthCheck),
    )
    def check(case):
        case.call_and_validate(headers=HEADERS, excluded_checks=excluded)

    check()
