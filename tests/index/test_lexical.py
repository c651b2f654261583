import numpy as np
import pytest

from rag.index.lexical import LexicalIndex

TEXTS = [
    "深海探测船在南海完成了七千米级的下潜试验。",
    "城市绿化带今年新增樱花树1,200棵，成活率为95.5%。",
    "The old lighthouse keeper repaired the broken lanterns.",
    "El café de la montaña crece despacio.",
    "Nước được chảy xuống thung lũng.",
]


@pytest.fixture(scope="module")
def index():
    return LexicalIndex.build(TEXTS)


@pytest.mark.parametrize(
    ("question", "row"),
    [
        ("下潜试验在哪里", 0),
        ("深海探測船下潛", 0),
        ("樱花树１２００棵", 1),
        ("1,200棵", 1),
        ("95.5%", 1),
        ("LIGHTHOUSE", 2),
        ("cafe de montana", 3),
        ("nuoc duoc chay", 4),
    ],
)
def test_words_find_the_passage(index, question, row):
    by_words, _ = index.scores(question)
    assert by_words.argmax() == row
    assert by_words[row] > 0
    assert np.count_nonzero(by_words) == 1


def test_grams_find_a_word_in_another_form(index):
    by_words, by_grams = index.scores("lantern repairing")
    assert not by_words.any()
    assert by_grams.argmax() == 2


def test_scores_are_bm25():
    # Three passages of one term each, so length does not matter: idf · tf / (tf + k1), by hand (Lucene's idf).
    index = LexicalIndex.build(["山", "山", "海"])
    idf = np.log(1 + (3 - 2 + 0.5) / (2 + 0.5))
    by_words, by_grams = index.scores("山")
    assert by_words == pytest.approx([idf / 1.8, idf / 1.8, 0])
    assert by_grams == pytest.approx(by_words)


@pytest.mark.parametrize("question", ["", "？！", "zxqw", "구름"])
def test_a_question_that_shares_nothing_scores_zero(index, question):
    for scores in index.scores(question):
        assert scores.dtype == np.float32
        assert scores.shape == (5,)
        assert not scores.any()
    assert index.coverage(question) == 0


def test_coverage_is_the_share_of_known_words(index):
    assert index.coverage("the old lighthouse") == 1
    assert index.coverage("the old windmill tower") == 0.5
    assert index.coverage("the the the windmill") == 0.5
    assert index.coverage("CAFE") == 1


@pytest.mark.parametrize("texts", [[], ["！？", "…"]])
def test_a_corpus_without_words(texts, tmp_path):
    index = LexicalIndex.build(texts)
    assert index.probe(texts) is None
    index.save(tmp_path)
    for form in (index, LexicalIndex.load(tmp_path, len(texts))):
        assert [scores.tolist() for scores in form.scores("山")] == [[0] * len(texts)] * 2
        assert form.coverage("山") == 0


def test_saved_and_loaded_scores_alike(index, tmp_path):
    folder = tmp_path / "目录 é"
    index.save(folder)
    loaded = LexicalIndex.load(folder, len(TEXTS))
    for ours, theirs in zip(index.scores(TEXTS[1]), loaded.scores(TEXTS[1]), strict=True):
        assert ours.tolist() == theirs.tolist()
    assert loaded.coverage("cafe") == 1
    with pytest.raises(ValueError, match="do not fit"):
        LexicalIndex.load(folder, len(TEXTS) + 1)


def test_probe_is_a_chinese_passage_and_tells_other_terms(index):
    probe = LexicalIndex.build(TEXTS[::-1]).probe(TEXTS[::-1])
    assert probe[0] == 3
    assert probe[1] > 0
    assert probe[2] > 0
    probe = index.probe(TEXTS)
    assert index.passes(probe, TEXTS[0])
    assert not index.passes(probe, TEXTS[1])
