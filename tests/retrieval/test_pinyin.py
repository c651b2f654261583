"""Pinyin read with a corpus's own words, and questions in other languages left alone."""

import pytest
from fakes import HashingEmbedder

from rag import Rag
from rag.index.lexical import LexicalIndex
from rag.retrieval.pinyin import Pinyin

TEXTS = ["老磨坊每年磨四十吨大麦。", "磨坊主的总收入去年增长了两成。", "CEO训练营在西安。渡船停在码头，女儿开船。"]


@pytest.fixture(scope="module")
def pinyin():
    return Pinyin(LexicalIndex.build(TEXTS))


@pytest.mark.parametrize(
    ("question", "read"),
    [
        ("mofang meinian mo duoshao dun damai?", "磨坊每年磨多少吨大麦?"),
        ("mofangzhu 的 zong shouru 增长了多少？", "磨坊主 的 总收入 增长了多少？"),
        ("Duchuan tingzai matou?", "渡船停在码头?"),
        ("CEO xunlian 在哪里？", "CEO 训练 在哪里？"),
        ("Anna 在 matou 吗", "Anna 在 码头 吗"),
        ("xi'an 有 matou 吗", "西安 有 码头 吗"),
        ("nv'er 开船吗", "女儿 开船吗"),
        ("磨坊的 paobing 很贵吗？ zong shouru?", "磨坊的 paobing 很贵吗？ 总收入?"),
    ],
)
def test_what_is_spelt_is_read(pinyin, question, read):
    assert pinyin.read(question) == read


@pytest.mark.parametrize(
    "question",
    [
        "磨坊的总收入是多少？",
        "How many women are there?",
        "Are women here?",
        "Dove si trova la mela?",
        "Nani alitunga muziki wa filamu hiyo?",
        "Ada berapa kapal di dermaga?",
        "Có bao nhiêu thuyền?",
        "Matouna 在哪里？",
        "Anna 和 Damaina 是谁？",
        "CEO",
        "2022",
        "",
        "a",
        "'",
    ],
)
def test_the_rest_stays_as_it_is(pinyin, question):
    assert pinyin.read(question) == question


def test_a_corpus_without_chinese_has_nothing_to_read():
    assert Pinyin(LexicalIndex.build(["The mill grinds barley."])).read("mofang zai nali?") == "mofang zai nali?"
    assert Pinyin(LexicalIndex.build([])).read("mofang") == "mofang"


def test_of_words_spelt_alike_the_most_frequent_is_read():
    frequent = Pinyin(LexicalIndex.build(["市值很高。", "市值很低。", "实质上没有。"]))
    assert frequent.read("shizhi 多少") == "市值 多少"
    other = Pinyin(LexicalIndex.build(["市值很高。", "实质很低。", "实质上没有。"]))
    assert other.read("shizhi 多少") == "实质 多少"


def test_an_answer_says_how_it_was_read():
    rag = Rag.from_texts({"mill.txt": TEXTS[0], "boat.txt": TEXTS[2]}, embedder=HashingEmbedder())
    answer = rag.ask("mofang meinian mo duoshao dun damai?")
    assert answer.resolved == "磨坊每年磨多少吨大麦?" and answer.language == "zh"
    assert rag.search("mofang damai", 1)[0].passage.text == TEXTS[0]
