"""For every test: no hub, no connection beyond this machine, no settings from the developer's shell."""

import os

# Before anything imports a library that reads them.
os.environ.update(
    HF_HUB_OFFLINE="1",
    TRANSFORMERS_OFFLINE="1",
    HF_HUB_DISABLE_TELEMETRY="1",
    GRADIO_ANALYTICS_ENABLED="False",
    OMP_WAIT_POLICY="PASSIVE",
    TOKENIZERS_PARALLELISM="false",
)
for _name in [name for name in os.environ if name.startswith("RAG_") and name != "RAG_CACHE"]:
    del os.environ[_name]

import offline_guard  # noqa: E402
import pytest  # noqa: E402
from fakes import HashingEmbedder  # noqa: E402

offline_guard.install()


@pytest.fixture(autouse=True)
def offline():
    """Fails the test that tried to get outside, even where the library swallowed the refusal."""
    before = len(offline_guard.attempts)
    yield
    assert offline_guard.attempts[before:] == []


@pytest.fixture
def hashing_embedder():
    """A deterministic embedder without a model: texts that share characters are similar."""
    return HashingEmbedder()


@pytest.fixture(scope="session")
def embedder():
    """The packaged default model. Mark tests that use it `model`."""
    from rag.embedding.load import load_embedder

    return load_embedder()
