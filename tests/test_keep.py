"""Indexes that change while they are read: in memory and in a folder, by this process and by another."""

import gc
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from fakes import HashingEmbedder

from rag import BadSetting, Rag, RagError, Retriever, Settings
from rag.ingest import ingest
from rag.plain import answer_dict

MILL = "The old mill grinds forty tons of barley a year. It stands by the river."
SHOP = "The bakery opens at nine in the morning. It sells rye bread."


@pytest.fixture(autouse=True)
def no_model(monkeypatch):
    monkeypatch.setattr("rag.embedding.load.load_embedder", lambda _name="": HashingEmbedder())


def sources(rag):
    return [document.source for document in rag.documents.values()]


def eventually(holds, seconds=10.0):
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_in_memory_without_any_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rag = Rag.from_texts({"mill": MILL, "shop.md": f"# Shop\n\n{SHOP}"}, [{"kind": "a"}, {"kind": "b"}])
    assert (rag.folder, sources(rag)) == (None, ["mill", "shop.md"])
    hit = rag.search("When does the bakery open?", 1)[0]
    assert rag.documents[hit.passage.document].title == "Shop"
    assert rag.search("bakery", 5, filters={"kind": "a"})[0].passage.text == MILL
    assert list(tmp_path.iterdir()) == []


def test_a_retriever_keeps_and_searches_and_a_rag_is_one(tmp_path):
    retriever = Retriever.from_texts({"mill": MILL})
    change = retriever.add({"shop": SHOP}, metadata={"kind": "shop"})
    assert (change.added, sources(retriever)) == (("shop",), ["mill", "shop"])
    found = retriever.search_many(["the old mill", "the bakery"], 1)
    assert [hit.passage.text for (hit,) in found] == [MILL, SHOP]
    assert [hit.passage.text for hit in retriever.search("mill", filters={"kind": "shop"})] == [SHOP]
    retriever.remove("mill")
    assert sources(retriever) == ["shop"]
    folder = tmp_path / "index"
    (tmp_path / "mill.txt").write_text(MILL)
    built = Retriever.build(tmp_path / "mill.txt", folder, embedder=retriever.embedder)
    assert sources(Retriever.load(folder)) == sources(built)
    assert isinstance(Rag.load(folder), Retriever)


def test_text_is_never_a_path_and_a_path_never_a_text(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "secret.txt").write_text(SHOP)
    rag = Rag.from_texts("secret.txt")
    assert [document.text for document in rag.documents.values()] == ["secret.txt"]
    rag.add({"../secret.txt": MILL, str(tmp_path / "secret.txt"): "Nothing of the file is here."})
    assert SHOP not in "".join(document.text for document in rag.documents.values())
    rag.add(tmp_path / "secret.txt")  # replaces what claimed its name
    assert [d.text for d in rag.documents.values() if d.source == str(tmp_path / "secret.txt")] == [SHOP]
    with pytest.raises(BadSetting, match="int cannot be indexed"):
        rag.add([3])


def test_add_and_remove_are_all_or_nothing(tmp_path):
    rag = Rag.from_texts()
    assert rag.ask("When does it open?").abstained
    added = rag.add([MILL, SHOP])
    assert (len(added.added), added.passages_embedded) == (2, 2)
    with pytest.raises(RagError, match=r"missing\.txt"):
        rag.add(["Something new is here.", tmp_path / "missing.txt"])
    with pytest.raises(RagError, match="no document 'nobody'"):
        rag.remove([added.added[0], "nobody"])
    with pytest.raises(BadSetting, match="2 texts or paths and fields for 1"):
        rag.add([MILL, SHOP], [{}])
    assert sources(rag) == list(added.added)
    assert rag.add(MILL, {"kind": "x"}).passages_embedded == 0
    assert {d.text: dict(d.metadata) for d in rag.documents.values()} == {MILL: {"kind": "x"}, SHOP: {}}
    rag.remove(next(iter(rag.documents)))
    assert [d.text for d in rag.documents.values()] == [SHOP]
    rag.remove(sources(rag))
    assert (len(rag.documents), rag.search("bread")) == (0, [])


def test_snapshot_and_stream_end_on_the_index_they_began_with():
    rag = Rag.from_texts({"mill": MILL, "shop": SHOP})
    before, stream = rag.snapshot(), rag.stream("How much barley does the old mill grind?")
    growing = [next(stream)]
    rag.remove("mill")
    growing += stream
    assert growing[-1].citations[0].quote in MILL
    assert answer_dict(growing[-1], before.index)["citations"][0]["document"] == "mill"
    assert (sources(before), sources(rag)) == (["mill", "shop"], ["shop"])


def test_folder_keeps_what_is_added(tmp_path):
    (tmp_path / "mill.txt").write_text(MILL)
    rag = Rag.build(tmp_path / "mill.txt", tmp_path / "index")
    rag.add({"shop": SHOP})
    assert sources(Rag.load(tmp_path / "index")) == [str(tmp_path / "mill.txt"), "shop"]
    rag.remove("mill.txt")
    assert sources(Rag.load(tmp_path / "index")) == sources(rag) == ["shop"]


def test_chunking_of_the_folder_wins_over_the_settings(tmp_path, monkeypatch):
    (tmp_path / "mill.txt").write_text(MILL)
    Rag.build(tmp_path / "mill.txt", tmp_path / "index")
    monkeypatch.setenv("RAG_CHUNK_CHARS", "60")
    rag = Rag.load(tmp_path / "index")
    rag.add(SHOP)
    assert len(rag.documents) == 2


def test_watch_takes_over_what_another_writes(tmp_path):
    (tmp_path / "mill.txt").write_text(MILL)
    (tmp_path / "shop.txt").write_text(SHOP)
    folder = tmp_path / "index"
    rag = Rag.build(tmp_path / "mill.txt", folder)
    assert rag.refresh() is False
    stop = rag.watch(0.02)
    ingest([tmp_path / "shop.txt"], folder, HashingEmbedder(), Settings())
    eventually(lambda: len(rag.documents) == 2)
    # What cannot be read leaves the last good one answering, and the next good one is taken over again.
    manifest = (folder / "manifest.json").read_text()
    (folder / "manifest.json").write_text("{")
    time.sleep(0.1)
    assert rag.search("bakery", 1)[0].passage.text == SHOP
    (folder / "manifest.json").write_text(manifest)
    ingest([], folder, HashingEmbedder(), Settings(), remove=["mill.txt"])
    eventually(lambda: sources(rag) == [str(tmp_path / "shop.txt")])
    stop()


def test_watching_ends_with_the_rag(tmp_path):
    (tmp_path / "mill.txt").write_text(MILL)
    before = {thread for thread in threading.enumerate() if thread.name == "index-watch"}
    rag = Rag.build(tmp_path / "mill.txt", tmp_path / "index")
    rag.watch(0.01)
    del rag
    gc.collect()
    eventually(lambda: not {t for t in threading.enumerate() if t.name == "index-watch"} - before)


def test_readers_are_undisturbed_by_writers():
    rag = Rag.from_texts({"mill": MILL})
    done = threading.Event()

    def ask():
        asked = 0
        while not done.is_set():
            now = rag.snapshot()
            answer = answer_dict(now.ask("How much barley does the old mill grind?"), now.index)
            assert answer["citations"][0]["document"] == "mill"
            asked += 1
        return asked

    with ThreadPoolExecutor(6) as pool:
        readers = [pool.submit(ask) for _ in range(4)]
        writers = [
            pool.submit(lambda n=n: [rag.add({f"{n}-{i}": f"{n} and {i}: {SHOP}"}) for i in range(8)]) for n in "ab"
        ]
        for writer in writers:
            writer.result()
        done.set()
        assert all(reader.result() > 0 for reader in readers)
    assert len(rag.documents) == 17  # none of what two added at once is lost


def test_several_indexes_share_one_model():
    mill = Rag.from_texts(MILL)
    shop = Rag.from_texts(SHOP, embedder=mill.embedder)
    assert shop.embedder is mill.embedder
    assert (mill.search("it", 1)[0].passage.text, shop.search("it", 1)[0].passage.text) == (MILL, SHOP)


def test_the_report_of_an_ingest_and_its_progress():
    rag = Rag.from_texts({"mill": MILL})
    steps = []
    report = rag.ingest(
        {"a.txt": SHOP.encode("utf-16"), "copy of mill": MILL}, progress=lambda *step: steps.append(step)
    )
    assert [(file.source, file.passages, file.notes) for file in report.files] == [
        ("a.txt", 1, ("read as utf-16-le",)),
        ("copy of mill", 1, ()),
    ]
    assert report.change.added == ("a.txt",) and report.change.duplicates == (("copy of mill", "mill"),)
    assert report.truncated == 0 and report.change.index is rag.index
    embedded = report.change.index.manifest.sentences - 2 + 1  # the shop's sentences and its passage
    assert steps[:2] == [("read", 1, 2), ("read", 2, 2)]
    assert steps[-1] == ("embed", embedded, embedded)
