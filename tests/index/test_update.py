import numpy as np
import pytest
from index_fakes import CHUNKING, CountingEmbedder, CountingTokenEmbedder, document

from rag.errors import BadIndex, BadModel, RagError
from rag.index.build import build_index
from rag.index.manifest import Chunking
from rag.index.store import read_index, read_manifest, write_index
from rag.index.update import update_index
from rag.index.vectors import rows_of

RIVER = document("river.txt", "大河向东流。河水很急。", "鱼群逆流而上。", heading="江河")
HILL = document("hill.txt", "The hill is steep. Sheep graze on it.")


@pytest.fixture
def embedder():
    return CountingEmbedder()


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "索引 ïndex"


def generations(folder):
    return sorted(path.name for path in folder.glob("generation-*"))


def check_rows(index, embedder):
    """Every vector is the one of its own text."""
    plain = CountingEmbedder(embedder.name, embedder.dimension)
    assert [p.text for p in index.passages] == [
        index.documents[p.document].text[p.start : p.end] for p in index.passages
    ]
    texts = [f"{p.heading}\n{p.text}" if p.heading else p.text for p in index.passages]
    if texts:
        np.testing.assert_allclose(rows_of(index.passage_vectors), plain.embed_questions(texts), atol=1e-6)
    assert index.sentence_starts[-1] == index.sentence_vectors.ntotal
    for row, passage in enumerate(index.passages):
        document = index.documents[passage.document]
        sentences = [document.text[s.start : s.end] for s in passage.sentences]
        own = rows_of(index.sentence_vectors)[index.sentence_starts[row] : index.sentence_starts[row + 1]]
        np.testing.assert_allclose(own, plain.embed_questions(sentences), atol=1e-6)


def test_first_update_makes_an_index_that_reads_back_equal(folder, embedder):
    seen = []
    change = update_index(folder, embedder, CHUNKING, [RIVER, HILL], progress=lambda *of: seen.append(of))
    assert change.added == ("river.txt", "hill.txt")
    assert (change.passages_embedded, change.passages_reused, change.written) == (3, 0, True)
    # 3 passages and 5 sentences; none of the passages is its only sentence, for headings belong to a passage.
    assert seen[-1] == (len(embedder.embedded), len(embedder.embedded)) == (8, 8)
    index = read_index(folder, embedder)
    assert index.manifest == change.index.manifest
    assert list(index.documents.values()) == [RIVER[0], HILL[0]]
    assert index.passages == (*RIVER[1], *HILL[1])
    assert index.sentence_starts.tolist() == [0, 2, 3, 5]
    check_rows(index, embedder)
    _, found = index.passage_vectors.search(embedder.embed_questions(["江河\n鱼群逆流而上。"]), 9)
    assert found[0].tolist()[0] == 1
    assert index.lexical.scores("鱼群")[0].argmax() == 1
    assert index.lexical.scores("江河")[0].argmax() == 1


def test_the_same_again_embeds_and_writes_nothing(folder, embedder):
    update_index(folder, embedder, CHUNKING, [RIVER, HILL])
    embedder.embedded.clear()
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.name != ".lock"}
    change = update_index(folder, embedder, CHUNKING, [HILL, RIVER])
    assert change.unchanged == ("hill.txt", "river.txt")
    assert (change.written, change.passages_embedded, change.passages_reused) == (False, 0, 3)
    assert embedder.embedded == []
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.name != ".lock"} == before


def test_a_changed_document_replaces_its_passages_and_embeds_only_what_is_new(folder, embedder):
    update_index(folder, embedder, CHUNKING, [RIVER, HILL])
    embedder.embedded.clear()
    changed = document("river.txt", "新的开头。", "大河向东流。河水很急。", heading="江河")
    change = update_index(folder, embedder, CHUNKING, [changed])
    assert (change.changed, change.added, change.removed) == (("river.txt",), (), ())
    assert embedder.embedded == ["江河\n新的开头。", "新的开头。"]
    assert (change.passages_embedded, change.passages_reused) == (1, 2)
    index = read_index(folder)
    assert [p.text for p in index.passages] == ["新的开头。", "大河向东流。河水很急。", HILL[1][0].text]
    assert not index.lexical.scores("鱼群")[0].any()
    check_rows(index, embedder)


def test_a_heading_is_part_of_what_is_embedded(folder, embedder):
    update_index(folder, embedder, CHUNKING, [document("a", "x.", heading="")])
    embedder.embedded.clear()
    update_index(folder, embedder, CHUNKING, [document("b", "x.", "y.", heading="H")])
    assert embedder.embedded == ["H\nx.", "H\ny.", "y."]


def test_the_same_content_under_another_name_is_reported_not_indexed(folder, embedder):
    copy = document("copy.txt", *(p.text for p in RIVER[1]), heading="江河")
    change = update_index(folder, embedder, CHUNKING, [RIVER, copy])
    assert change.duplicates == (("copy.txt", "river.txt"),)
    assert (change.added, len(change.index.passages)) == (("river.txt",), 2)
    again = update_index(folder, embedder, CHUNKING, [copy])
    assert (again.duplicates, again.written) == (change.duplicates, False)
    # Once the first is gone, the copy counts.
    moved = update_index(folder, embedder, CHUNKING, [copy], ["river.txt"])
    assert (moved.added, moved.removed, moved.duplicates) == (("copy.txt",), ("river.txt",), ())
    assert moved.passages_embedded == 0


def test_a_document_that_turns_into_a_copy_goes(folder, embedder):
    update_index(folder, embedder, CHUNKING, [RIVER, HILL])
    copy = document("hill.txt", *(p.text for p in RIVER[1]), heading="江河")
    change = update_index(folder, embedder, CHUNKING, [copy])
    assert (change.removed, change.duplicates) == (("hill.txt",), (("hill.txt", "river.txt"),))
    assert len(read_index(folder).passages) == 2


def test_tokens_are_kept_and_come_back(folder):
    embedder = CountingTokenEmbedder()
    update_index(folder, embedder, CHUNKING, [RIVER, HILL])
    embedder.embedded.clear()
    lake = document("lake.txt", "The lake is deep.")
    change = update_index(folder, embedder, CHUNKING, [lake])
    assert embedder.embedded == ["The lake is deep."]
    index = read_index(folder, embedder)
    for tokens in (index.tokens, change.index.tokens):
        for row, passage in enumerate(index.passages):
            text = f"{passage.heading}\n{passage.text}" if passage.heading else passage.text
            own = tokens.passage(row)
            np.testing.assert_array_equal(own.codes, tokens.codec.encode(embedder._tokens(text).states))
            assert own.starts.tolist() == list(range(len(text)))
    update_index(folder, embedder, CHUNKING, [], [HILL[0].source])
    assert [len(read_index(folder, embedder).tokens.passage(row).codes) for row in range(3)] == [14, 10, 17]


def test_an_index_without_tokens_gets_them(folder):
    """Of a model that had none when the index was made, say under an older library."""
    plain = CountingEmbedder("one", 32)
    update_index(folder, plain, CHUNKING, [RIVER])
    assert read_index(folder, plain).tokens is None
    embedder = CountingTokenEmbedder("one", 32)
    embedder.fingerprint = plain.fingerprint
    change = update_index(folder, embedder, CHUNKING, [HILL])
    assert len(change.index.tokens.ends) == 4
    assert sorted(embedder.embedded) == sorted(
        {*plain.embedded, "The hill is steep. Sheep graze on it.", "The hill is steep.", " Sheep graze on it."}
    )


def test_removing(folder, embedder):
    update_index(folder, embedder, CHUNKING, [RIVER, HILL])
    change = update_index(folder, embedder, CHUNKING, [], ["river.txt"])
    assert (change.removed, change.passages_embedded) == (("river.txt",), 0)
    index = read_index(folder)
    assert [d.source for d in index.documents.values()] == ["hill.txt"]
    check_rows(index, embedder)
    with pytest.raises(RagError, match=r"no document 'hill\.tx'; it has 'hill\.txt'"):
        update_index(folder, embedder, CHUNKING, [], ["hill.tx"])
    assert read_index(folder).manifest == index.manifest


def test_removing_the_last_leaves_an_empty_index_that_works(folder, embedder):
    update_index(folder, embedder, CHUNKING, [RIVER])
    update_index(folder, embedder, CHUNKING, [], ["river.txt"])
    index = read_index(folder, embedder)
    assert (index.passages, dict(index.documents), index.sentence_starts.tolist()) == ((), {}, [0])
    assert [scores.shape for scores in index.lexical.scores("河")] == [(0,), (0,)]
    assert index.lexical.coverage("河") == 0
    assert index.passage_vectors.search(embedder.embed_questions(["河"]), 3)[1].tolist() == [[-1, -1, -1]]
    change = update_index(folder, embedder, CHUNKING, [RIVER])
    assert change.added == ("river.txt",)
    check_rows(read_index(folder), embedder)


def test_removing_from_nothing_is_an_error_and_leaves_no_folder(folder, embedder):
    with pytest.raises(BadIndex, match="there is no index"):
        update_index(folder, embedder, CHUNKING, [], ["x"])
    assert not folder.exists()


def test_other_chunking_or_model_needs_a_rebuild(folder, embedder):
    update_index(folder, embedder, CHUNKING, [RIVER, HILL])
    other = Chunking(tokens=128, chars=200)
    with pytest.raises(BadIndex, match=r"256 tokens and 400 characters at most, not 128 and 200; .*--rebuild"):
        update_index(folder, embedder, other, [RIVER])
    wide = CountingEmbedder("wide", 48)
    with pytest.raises(BadIndex, match=r"built by the model hashing, not wide; use --model hashing, or .*--rebuild"):
        update_index(folder, wide, CHUNKING, [RIVER])
    change = update_index(folder, wide, other, [HILL], rebuild=True)
    assert (change.added, change.passages_embedded, change.written) == (("hill.txt",), 1, True)
    index = read_index(folder, wide)
    assert (index.manifest.model.dimension, index.manifest.chunking) == (48, other)
    check_rows(index, wide)


def test_removing_does_not_ask_for_the_chunking(folder, embedder):
    update_index(folder, embedder, CHUNKING, [RIVER, HILL])
    update_index(folder, embedder, Chunking(64, 80), [], ["hill.txt"])
    assert read_manifest(folder).chunking == CHUNKING


def test_two_generations_are_kept_and_strangers_are_left_alone(folder, embedder):
    folder.mkdir()
    (folder / "README.md").write_text("mine")
    (folder / "generation-of-mine").mkdir()
    for number in range(4):
        update_index(folder, embedder, CHUNKING, [document("n.txt", f"number {number}.")])
    manifest = read_manifest(folder)
    assert generations(folder) == sorted([manifest.previous, manifest.generation, "generation-of-mine"])
    assert (folder / "README.md").read_text() == "mine"


def test_leftovers_of_a_killed_writer_go_with_the_next(folder, embedder):
    update_index(folder, embedder, CHUNKING, [RIVER])
    (folder / "generation-000009-dead").mkdir()
    (folder / "generation-000009-dead" / "documents.jsonl").write_text("{")
    (folder / "manifest-dead.tmp").write_text("{")
    update_index(folder, embedder, CHUNKING, [RIVER])
    assert generations(folder) == [read_manifest(folder).generation]
    assert not (folder / "manifest-dead.tmp").exists()


def test_an_index_in_memory_is_the_same_as_from_the_folder(folder, embedder):
    index = build_index([RIVER, HILL], embedder, CHUNKING)
    check_rows(index, embedder)
    assert index.lexical.scores("鱼群")[0].argmax() == 1
    written = write_index(index, folder)
    read = read_index(folder)
    assert (read.manifest, read.passages) == (written.manifest, index.passages)
    assert rows_of(read.sentence_vectors).tolist() == rows_of(index.sentence_vectors).tolist()


def test_a_passage_must_be_a_slice_of_its_document(embedder):
    with pytest.raises(ValueError, match=r"not a slice of hill\.txt"):
        build_index([(HILL[0], RIVER[1])], embedder, CHUNKING)
    with pytest.raises(ValueError, match="two documents"):
        build_index([HILL, HILL], embedder, CHUNKING)


def test_vectors_that_are_not_numbers_never_reach_the_folder(folder, embedder):
    embedder.embed_passages = lambda texts, _: np.full((len(texts), 32), np.nan, np.float32)
    with pytest.raises(BadModel, match="not numbers"):
        update_index(folder, embedder, CHUNKING, [RIVER])
    with pytest.raises(BadIndex, match="there is no index"):
        read_index(folder)


def test_texts_with_line_separators_and_lone_surrogates_come_back(folder, embedder):
    odd = document("odd\udcff.txt", "a\u2028b\x85c\r\nd\x00.", "half \ud800 pair.")
    update_index(folder, embedder, CHUNKING, [odd])
    assert list(read_index(folder).documents.values()) == [odd[0]]
    assert read_index(folder).passages == tuple(odd[1])
