"""The packaged model's own forward pass, in plain torch: for the start-up of a command line.

sentence-transformers loads the same folder and gives the same vectors (a test compares them), but importing it takes
4.5 s and loading 2 s; here both take 1.6 to 2 s, most of it torch, and a question takes 17 ms, not 23. Any other model
goes through sentence-transformers. The network is BERT (Devlin et al., 2019, arXiv:1810.04805).
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
import torch.nn.functional as F  # noqa: N812
from safetensors.torch import load_file
from tokenizers import Tokenizer
from torch import Tensor

from rag.embedding.embedder import Vectors
from rag.embedding.text_embedder import Task


class Bert:
    """Mean-pooled BERT over the weights of a model folder. Safe to call from any number of threads."""

    def __init__(self, folder: Path, prompts: Mapping[Task, str]) -> None:
        """Raises OSError, KeyError or safetensors' error for a folder that lacks or damages a file."""
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        self.dimension: int = config["hidden_size"]
        self.max_tokens: int = config["max_position_embeddings"]
        self._heads: int = config["num_attention_heads"]
        self._epsilon: float = config["layer_norm_eps"]
        self._prompts = prompts
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._weights = load_file(folder / "model.safetensors")  # mapped, not read: only used rows enter memory
        self._layers = [f"encoder.layer.{i}" for i in range(config["num_hidden_layers"])]

    def count(self, texts: Sequence[str], task: Task) -> list[int]:
        """Tokens of each text with its prompt and specials."""
        return [len(ids) for ids in self._ids(texts, task)]

    def encode(self, texts: Sequence[str], task: Task) -> Vectors:
        """(len(texts), dimension) unit rows; a text that is too long keeps its first tokens and the closing special."""
        last = self.max_tokens - 1
        ids = [row if len(row) <= self.max_tokens else row[:last] + row[-1:] for row in self._ids(texts, task)]
        with torch.inference_mode():
            lengths = torch.tensor([len(row) for row in ids])
            padded = torch.nn.utils.rnn.pad_sequence([torch.tensor(row) for row in ids], batch_first=True)
            mask = torch.arange(padded.shape[1]) < lengths[:, None]
            hidden = self._forward(padded, None if bool(mask.all()) else mask[:, None, None, :])
            mean = (hidden * mask[..., None]).sum(dim=1) / lengths[:, None]
            vectors: Vectors = F.normalize(mean, dim=1).numpy()
        return vectors

    def _ids(self, texts: Sequence[str], task: Task) -> list[list[int]]:
        prompted = [self._prompts[task] + text for text in texts]
        return [encoding.ids for encoding in self._tokenizer.encode_batch_fast(prompted)]

    def _forward(self, ids: Tensor, mask: Tensor | None) -> Tensor:
        """(texts, tokens) ids to (texts, tokens, dimension) hidden states."""
        rows, length = ids.shape
        hidden = F.embedding(ids, self._weights["embeddings.word_embeddings.weight"])
        hidden = hidden + self._weights["embeddings.position_embeddings.weight"][:length]
        hidden = self._norm(hidden + self._weights["embeddings.token_type_embeddings.weight"][0], "embeddings")
        for layer in self._layers:
            parts = (self._linear(hidden, f"{layer}.attention.self.{part}") for part in ("query", "key", "value"))
            query, key, value = (part.view(rows, length, self._heads, -1).transpose(1, 2) for part in parts)
            mixed = F.scaled_dot_product_attention(query, key, value, attn_mask=mask).transpose(1, 2).flatten(2)
            mixed = self._linear(mixed, f"{layer}.attention.output.dense")
            hidden = self._norm(hidden + mixed, f"{layer}.attention.output")
            inner = F.gelu(self._linear(hidden, f"{layer}.intermediate.dense"))
            hidden = self._norm(hidden + self._linear(inner, f"{layer}.output.dense"), f"{layer}.output")
        return hidden

    def _linear(self, hidden: Tensor, name: str) -> Tensor:
        return F.linear(hidden, self._weights[f"{name}.weight"], self._weights[f"{name}.bias"])

    def _norm(self, hidden: Tensor, name: str) -> Tensor:
        weight, bias = self._weights[f"{name}.LayerNorm.weight"], self._weights[f"{name}.LayerNorm.bias"]
        return F.layer_norm(hidden, (self.dimension,), weight, bias, self._epsilon)
