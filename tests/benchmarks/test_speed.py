"""What indexing and a question cost, beside a plain LangChain pipeline with FAISS on the same model in the same run.

The plain pipeline cuts every 500 characters and embeds each piece; ours also undoes line breaks, keeps sentences whole
and embeds each of them, so it has more to do for a document. No time is asserted: the table at the
end of the run compares.
"""

from functools import cached_property
from pathlib import Path

import pytest

from rag import Rag
from rag.embedding.packaged import PROMPTS, packaged_model_folder

pytestmark = pytest.mark.model

CORPUS = Path(__file__).resolve().parents[2] / "ingest" / "corpus"
QUESTION = "北京有多少所高校？"
KEY = "96所"


class Plain:
    """Retrieval as tutorials build it: fixed pieces, one vector each, the nearest win."""

    def __init__(self):
        from langchain_community.vectorstores import FAISS
        from langchain_huggingface import HuggingFaceEmbeddings
        from langchain_text_splitters import RecursiveCharacterTextSplitter

        self.store = FAISS
        self.splitter = RecursiveCharacterTextSplitter(chunk_size=500, chunk_overlap=50)
        self.embeddings = HuggingFaceEmbeddings(
            model_name=str(packaged_model_folder()),
            model_kwargs={"device": "cpu"},
            encode_kwargs={"prompt": PROMPTS["passage"], "normalize_embeddings": True},
            query_encode_kwargs={"prompt": PROMPTS["query"], "normalize_embeddings": True},
        )

    def index(self, folder: Path):
        texts = [file.read_text(encoding="utf-8") for file in sorted(CORPUS.iterdir()) if file.is_file()]
        pieces = [piece for text in texts for piece in self.splitter.split_text(text)]
        store = self.store.from_texts(pieces, self.embeddings)
        store.save_local(str(folder))
        return store


class Sides:
    """Each side's index is built once, by the test that measures it where that one runs."""

    def __init__(self, folder: Path, embedder):
        self.folder, self.embedder, self.plain = folder, embedder, Plain()
        embedder.embed_questions([QUESTION])
        self.plain.embeddings.embed_query(QUESTION)

    @cached_property
    def rag(self) -> Rag:
        return Rag.build(CORPUS, self.folder / "ours", embedder=self.embedder)

    @cached_property
    def store(self):
        return self.plain.index(self.folder / "plain")


@pytest.fixture(scope="module")
def sides(tmp_path_factory, embedder):
    return Sides(tmp_path_factory.mktemp("speed"), embedder)


@pytest.mark.benchmark(group="index the default corpus")
def test_index_ours(benchmark, sides):
    assert len(benchmark.pedantic(lambda: sides.rag, rounds=1).passages) > 10


@pytest.mark.benchmark(group="index the default corpus")
def test_index_plain(benchmark, sides):
    assert benchmark.pedantic(lambda: sides.store, rounds=1).index.ntotal > 10


@pytest.mark.benchmark(group="one question")
def test_question_ours_answered(benchmark, sides):
    sides.rag.warm()
    answer = benchmark.pedantic(lambda: sides.rag.ask(QUESTION), rounds=10)
    assert KEY in answer.text and answer.citations


@pytest.mark.benchmark(group="one question")
def test_question_ours_searched(benchmark, sides):
    sides.rag.warm()
    hits = benchmark.pedantic(lambda: sides.rag.search(QUESTION, k=5), rounds=10)
    assert KEY in hits[0].passage.text


@pytest.mark.benchmark(group="one question")
def test_question_plain_searched(benchmark, sides):
    found = benchmark.pedantic(lambda: sides.store.similarity_search(QUESTION, k=5), rounds=10, warmup_rounds=1)
    assert len(found) == 5


def test_both_sides_use_the_same_model(sides, embedder):
    theirs = [sides.plain.embeddings.embed_query(QUESTION), *sides.plain.embeddings.embed_documents([QUESTION])]
    ours = [*embedder.embed_questions([QUESTION]), *embedder.embed_passages([QUESTION])]
    for our, their in zip(ours, theirs, strict=True):
        assert our @ their == pytest.approx(1, abs=1e-3)
