"""Language means: what is shipped fits the model and the questions; what centring does to vectors."""

import json
from importlib.resources import files

import numpy as np
import pytest

from rag.embedding import languages
from rag.embedding.languages import LanguageMeans, language_means, measured


def test_centred_vectors_are_unit_and_lose_their_own_language():
    means = LanguageMeans(("a", "b"), np.array([[0.8, 0, 0], [0, 0.8, 0]], np.float32))
    vectors = np.array([[0.8, 0, 0.6], [0, 0.8, 0.6]], np.float32)
    assert [means.language(vector) for vector in vectors] == ["a", "b"]
    found = means.centred(vectors, 1.0)
    np.testing.assert_allclose(found, [[0, 0, 1], [0, 0, 1]], atol=1e-6)
    np.testing.assert_allclose(means.centred(vectors, 0.0), vectors, atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(means.centred(vectors), axis=1), 1, atol=1e-6)


def test_tokens_lose_the_mean_of_their_question_s_language():
    token_means = np.array([[1, 0, 0], [0, 1, 0]], np.float32)
    means = LanguageMeans(("a", "b"), np.array([[0.8, 0, 0], [0, 0.8, 0]], np.float32), token_means)
    states = np.array([[1, 0, 2], [1, 3, 0]], np.float32)
    found = means.centred_tokens(np.array([0.9, 0.1, 0.4], np.float32), states)
    np.testing.assert_allclose(found, [[0, 0, 1], [0, 1, 0]], atol=1e-6)
    np.testing.assert_allclose(means.token_mean, [0.5, 0.5, 0])


def test_a_model_without_tokens_has_no_means_of_them(hashing_embedder, tmp_path, monkeypatch):
    monkeypatch.setenv("RAG_CACHE", str(tmp_path))
    means = language_means(hashing_embedder)
    assert means.token_means is None is means.token_mean
    with pytest.raises(ValueError, match="without token states"):
        means.centred_tokens(means.means[0], np.zeros((1, 512), np.float32))


def test_other_models_are_measured_once(hashing_embedder, tmp_path, monkeypatch):
    monkeypatch.setenv("RAG_CACHE", str(tmp_path))
    first = language_means(hashing_embedder)
    monkeypatch.setattr(languages, "measured", lambda _embedder: pytest.fail("measured again"))
    again = language_means(hashing_embedder)
    assert first.languages == again.languages
    np.testing.assert_allclose(first.means, again.means, atol=1e-3)


def test_a_damaged_cache_is_measured_again(hashing_embedder, tmp_path, monkeypatch):
    monkeypatch.setenv("RAG_CACHE", str(tmp_path))
    language_means(hashing_embedder)
    (cached,) = tmp_path.rglob("*.npz")
    cached.write_bytes(cached.read_bytes()[:100])
    assert len(language_means(hashing_embedder).languages) == 40


@pytest.mark.model
def test_what_is_shipped_is_up_to_date(embedder, monkeypatch):
    """If this fails: python eval/means.py."""
    shipped = language_means(embedder)
    questions = json.loads(files("rag.embedding").joinpath("generic_questions.json").read_text("utf-8"))
    assert shipped.languages == tuple(questions)
    some = {language: questions[language] for language in ("zh", "en", "ar")}
    monkeypatch.setattr(languages.json, "loads", lambda _text: some)
    rows = [shipped.languages.index(language) for language in some]
    found = measured(embedder)
    np.testing.assert_allclose(found.means, shipped.means[rows], atol=2e-3)
    np.testing.assert_allclose(found.token_means, shipped.token_means[rows], atol=2e-3)


@pytest.mark.model
@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("人才资源总量是多少？", "zh"),
        ("Which institutions took part in the trial?", "en"),
        ("Combien de brevets ont été déposés ?", "fr"),
        ("研究者は何人いますか。", "ja"),
        ("Сколько стоит проект?", "ru"),
    ],
)
def test_the_nearest_mean_is_the_language(embedder, question, language):
    assert language_means(embedder).language(embedder.embed_questions([question])[0]) == language
