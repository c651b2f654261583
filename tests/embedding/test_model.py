"""The packaged model itself: known similarities, limits, threads, no connection."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from rag.embedding.load import load_embedder
from rag.embedding.packaged import packaged_model_folder

pytestmark = pytest.mark.model

QUESTIONS = ["北京地区人才资源总量是多少？", "How many universities does Beijing have?", "今天天气怎么样"]
PASSAGES = ["北京有96所高校和1000多家科研院所", "北交所上市公司数量达200余家", "北京地区人才资源总量为792.6万人"]
# Measured with the engine that ships with the 4-bit weights.
SIMILARITIES = [[0.9065, 0.8651, 0.9576], [0.8118, 0.7580, 0.7799], [0.8364, 0.8263, 0.8259]]
MIXED = [
    *PASSAGES,
    "",
    " ",
    "a",
    "ﬁne “quotes” ①②③ ｆｕｌｌ ｗｉｄｔｈ",
    "Der Hund läuft.\n\nنعم\tпривет 👩‍👩‍👧",
    "一百二十三。" * 60,
    "</s><mask> <pad>",
]


def test_known_similarities(embedder):
    found = embedder.embed_questions(QUESTIONS) @ embedder.embed_passages(PASSAGES).T
    np.testing.assert_allclose(found, SIMILARITIES, atol=0.002)


def test_facts(embedder):
    assert (embedder.name, embedder.dimension, embedder.max_tokens) == ("multilingual-e5-small", 384, 512)


def test_unit_rows(embedder):
    for vectors in (embedder.embed_questions(MIXED), embedder.embed_passages(MIXED)):
        assert vectors.dtype == np.float32
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_counts_are_what_the_model_reads(embedder):
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(packaged_model_folder())
    expected = [len(tokenizer("passage: " + text)["input_ids"]) for text in MIXED]
    assert embedder.count_tokens(MIXED) == expected
    assert embedder.count_tokens([]) == []


def test_batching_changes_nothing(embedder):
    texts = [f"第{n}段。" + "内容" * (n * 7 % 60) for n in range(30)]
    one_by_one = np.concatenate([embedder.embed_passages([text]) for text in texts])
    np.testing.assert_allclose(embedder.embed_passages(texts), one_by_one, atol=1e-5)


def test_exactly_full_passage_passes_and_one_token_more_does_not(embedder):
    text = "a" + " a" * 507
    assert embedder.count_tokens([text]) == [512]
    assert embedder.embed_passages([text]).shape == (1, 384)
    with pytest.raises(ValueError, match="passage 1 takes 513 tokens, multilingual-e5-small reads at most 512"):
        embedder.embed_passages(["短", text + " a"])


def test_long_question_is_read_from_its_start(embedder):
    start = "北京地区人才资源总量是多少？" * 100
    a, b, c = embedder.embed_questions([start + "猫", start + "狗在花园里跑", "今天" + start])
    np.testing.assert_allclose(a, b, atol=1e-6)
    assert a @ c < 0.9999


def test_threads(embedder):
    expected = embedder.embed_questions(QUESTIONS)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda i: embedder.embed_questions([QUESTIONS[i % 3]])[0], range(48)))
    np.testing.assert_allclose(found, [expected[i % 3] for i in range(48)], atol=1e-5)


def test_loaded_once(embedder):
    with ThreadPoolExecutor(4) as pool:
        assert all(found is embedder for found in pool.map(lambda _: load_embedder(), range(4)))


def test_no_connection_even_with_the_hub_switched_on(monkeypatch):
    monkeypatch.delenv("HF_HUB_OFFLINE")
    monkeypatch.delenv("TRANSFORMERS_OFFLINE")
    code = (
        "import offline_guard; offline_guard.install()\n"
        "from rag.embedding.load import known_models, load_embedder\n"
        "from rag.embedding.packaged import packaged_model_folder\n"
        "for name in ('multilingual-e5-small', str(packaged_model_folder())):\n"
        "    print(load_embedder(name).embed_questions(['猫']).shape)\n"
        "print(len(known_models()) > 1, offline_guard.attempts)\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent.parent))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.splitlines() == ["(1, 384)", "(1, 384)", "True []"], done.stderr
