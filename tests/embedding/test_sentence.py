"""Any sentence-transformers model: a small one with random weights, made here, by folder and by hub name."""

import json
import shutil

import numpy as np
import pytest

from rag.embedding.embedder import gives_tokens
from rag.embedding.load import load_embedder
from rag.errors import BadModel

LETTERS = "abcdefghijklmnopqrstuvwxyz:猫狗在家吗"
TEXTS = ["猫在家吗", "dog", "", "a long one " * 3]


@pytest.fixture(scope="module")
def model():
    """BERT of 16 dimensions, one token a character, at most 64, mean pooling without normalising."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.models import Pooling, Transformer
    from tokenizers import Regex, Tokenizer, models, pre_tokenizers, processors
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    specials = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
    vocabulary = {token: i for i, token in enumerate([*specials, *LETTERS])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(r"\S|\s+"), "isolated")
    tokenizer.post_processor = processors.TemplateProcessing("[CLS] $A [SEP]", None, [("[CLS]", 2), ("[SEP]", 3)])
    config = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=64,
    )

    def write(folder, prompts):
        torch.manual_seed(1)
        inner = folder.parent / "inner"
        BertModel(config).save_pretrained(inner)
        PreTrainedTokenizerFast(
            tokenizer_object=tokenizer,
            model_max_length=64,
            **dict(zip(("pad_token", "unk_token", "cls_token", "sep_token"), specials, strict=True)),
        ).save_pretrained(inner)
        transformer = Transformer(str(inner))
        SentenceTransformer(modules=[transformer, Pooling(16)], device="cpu", prompts=prompts).save(str(folder))
        shutil.rmtree(inner)
        return folder

    return write


@pytest.fixture
def hub(tmp_path, monkeypatch):
    """An empty hub cache; call it with a model's name and folder to fill it as a download would."""
    monkeypatch.setenv("SENTENCE_TRANSFORMERS_HOME", str(tmp_path / "hub"))

    def fill(name, folder):
        repository = tmp_path / "hub" / f"models--{name.replace('/', '--')}"
        revision = "0123456789" * 4
        shutil.copytree(folder, repository / "snapshots" / revision)
        (repository / "refs").mkdir()
        (repository / "refs" / "main").write_text(revision)

    return fill


def reference(folder, texts):
    """Unit vectors by sentence-transformers, nothing added."""
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(str(folder), device="cpu").encode(texts, prompt="", normalize_embeddings=True)


def one_line(name):
    with pytest.raises(BadModel) as caught:
        load_embedder(name)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("prompts", "question", "passage"),
    [
        ({"query": "ask: ", "passage": "text: "}, "ask: ", "text: "),
        ({"query": "ask: ", "document": "doc: ", "passage": "text: "}, "ask: ", "doc: "),
        ({"query": "ask: "}, "ask: ", ""),
        ({}, "", ""),
    ],
)
def test_folder_with_its_own_prompts(tmp_path, model, prompts, question, passage):
    folder = model(tmp_path / "模型", prompts)
    embedder = load_embedder(str(folder))
    assert (embedder.name, embedder.dimension, embedder.max_tokens) == (str(folder), 16, 64)
    expected = reference(folder, [question + text for text in TEXTS])
    np.testing.assert_allclose(embedder.embed_questions(TEXTS), expected, atol=1e-5)
    expected = reference(folder, [passage + text for text in TEXTS])
    np.testing.assert_allclose(embedder.embed_passages(TEXTS), expected, atol=1e-5)
    assert embedder.count_tokens(["猫在家吗", ""]) == [
        len(passage.replace(" ", "_")) + 6,
        len(passage.replace(" ", "_")) + 2,
    ]
    assert load_embedder(str(folder)) is embedder


def test_default_prompt_is_not_slipped_in(tmp_path, model):
    """A model may name a prompt for callers that name none; ours name theirs."""
    folder = model(tmp_path / "m", {"query": "ask: "})
    path = folder / "config_sentence_transformers.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"default_prompt_name": "query"}))
    np.testing.assert_allclose(load_embedder(str(folder)).embed_passages(TEXTS), reference(folder, TEXTS), atol=1e-5)


def test_limits(tmp_path, model):
    embedder = load_embedder(str(model(tmp_path / "m", {"passage": "t"})))
    assert embedder.count_tokens(["a" * 61, "a" * 200]) == [64, 203]
    embedder.embed_passages(["a" * 61])
    with pytest.raises(ValueError, match="passage 0 takes 65 tokens"):
        embedder.embed_passages(["a" * 62])
    long, same = embedder.embed_questions(["a" * 62 + "b" * 500, "a" * 62 + "c"])
    np.testing.assert_allclose(long, same, atol=1e-6)
    assert embedder.embed_passages([]).shape == embedder.embed_questions([]).shape == (0, 16)
    # Counting after encoding: the model's own tokenizer now truncates, the counting one must not.
    assert embedder.count_tokens(["a" * 200]) == [203]


def test_tokens_of_questions_and_passages(tmp_path, model):
    """The states are the model's own, without those of the prompt and the specials."""
    folder = model(tmp_path / "m", {"query": "ask:", "passage": "t:"})
    from sentence_transformers import SentenceTransformer

    plain = SentenceTransformer(str(folder), device="cpu")
    embedder = load_embedder(str(folder))
    assert gives_tokens(embedder)
    texts = ["猫在家吗", "a dog", "", "a" * 70]
    vectors, tokens = embedder.embed_questions_with_tokens(texts)
    np.testing.assert_allclose(vectors, embedder.embed_questions(texts), atol=1e-5)
    for text, own in zip(texts, tokens, strict=True):
        states = plain.encode("ask:" + text, prompt="", output_value="token_embeddings").numpy()
        np.testing.assert_allclose(own.states, states[5:-1], atol=1e-5)
        assert own.starts.tolist() == list(range(min(len(text), 58)))
    passages = {}
    vectors = embedder.embed_passages_with_tokens(texts[:3], passages.__setitem__)
    np.testing.assert_allclose(vectors, embedder.embed_passages(texts[:3]), atol=1e-5)
    assert [len(passages[i].states) for i in range(3)] == [4, 5, 0]


def test_fingerprint_follows_prompts(tmp_path, model):
    first = load_embedder(str(model(tmp_path / "a", {"query": "x"}))).fingerprint
    assert load_embedder(str(model(tmp_path / "b", {"query": "x"}))).fingerprint == first
    assert load_embedder(str(model(tmp_path / "c", {"query": "y"}))).fingerprint != first


def test_hub_name_from_the_cache(tmp_path, model, hub):
    folder = model(tmp_path / "m", {"query": "ask: "})
    hub("somebody/cached", folder)
    embedder = load_embedder("somebody/cached")
    np.testing.assert_allclose(embedder.embed_passages(TEXTS), reference(folder, TEXTS), atol=1e-5)
    assert embedder.fingerprint == load_embedder(str(folder)).fingerprint


def test_e5_without_prompts_gets_its_prefixes(tmp_path, model, hub):
    folder = model(tmp_path / "m", {})
    hub("intfloat/e5-small-v2", folder)
    embedder = load_embedder("intfloat/e5-small-v2")
    expected = reference(folder, ["passage: " + text for text in TEXTS])
    np.testing.assert_allclose(embedder.embed_passages(TEXTS), expected, atol=1e-5)
    expected = reference(folder, ["query: " + text for text in TEXTS])
    np.testing.assert_allclose(embedder.embed_questions(TEXTS), expected, atol=1e-5)


def test_cache_that_another_library_filled_is_refused(tmp_path, model, hub):
    folder = model(tmp_path / "m", {})
    (folder / "modules.json").unlink()
    hub("somebody/partial", folder)
    assert "neither a folder nor complete in the local hub cache" in one_line("somebody/partial")


@pytest.mark.usefixtures("hub")
@pytest.mark.parametrize("name", ["somebody/unknown", "unknown", "multilingual-e5-smal"])
def test_unknown_name(name):
    message = one_line(name)
    assert message.startswith(f"the model {name} is neither a folder nor complete in the local hub cache")
    assert message.endswith("multilingual-e5-small needs no hub")


@pytest.mark.parametrize("name", ["/no/such/folder", "./none", "../none", "a/b/c", "", "a\nb", "-x", "a b"])
def test_no_folder_and_no_hub_name(name):
    assert one_line(name) == f"there is no model folder {name!r}"


def test_folder_without_a_model(tmp_path):
    assert one_line(str(tmp_path)).startswith(f"the model folder {tmp_path} cannot be loaded (")


def test_damaged_weights(tmp_path, model):
    folder = model(tmp_path / "m", {})
    (folder / "model.safetensors").write_bytes(b"\x08")
    assert one_line(str(folder)).startswith(f"the model folder {folder} cannot be loaded (")
