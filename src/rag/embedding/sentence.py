"""Any sentence-transformers model, by folder or hub name, with the model's own prompts."""

import contextlib
import logging
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import huggingface_hub
import numpy as np
from sentence_transformers import SentenceTransformer
from tokenizers import Tokenizer

from rag.embedding.embedder import Tokens, Vectors
from rag.embedding.fingerprint import fingerprint
from rag.embedding.hub_cache import cached_file, modules_known
from rag.embedding.text_embedder import Network, Task, TextEmbedder
from rag.errors import BadModel
from rag.settings import DEFAULT_MODEL

NO_LIMIT = 2**31 - 1
"""`max_tokens` of a model that states none, such as a table of static word vectors."""
_E5 = re.compile(r"intfloat/(multilingual-)?e5-(small|base|large)(-v2)?")

log = logging.getLogger(__name__)


def sentence_transformer(name: str) -> TextEmbedder:
    """Load a model folder, or a hub model: from the hub's local cache, and only where it is not there from the hub.

    Raises BadModel, one line, for a missing or damaged folder, an unknown name, or a name that is not cached while the
    hub cannot be reached. Code that a model brings along is not run.
    """
    folder = Path(name).expanduser()
    if name and folder.is_dir():
        model = _load(str(folder), f"the model folder {folder} cannot be loaded", local_files_only=True)
    elif not re.fullmatch(r"(\w[\w.-]*/)?\w[\w.-]*", name):
        raise BadModel(f"there is no model folder {name!r}")
    else:
        model, folder = _from_hub(name)
    question, passage = question_and_passage_prompt(name, model.prompts)
    prompts: dict[Task, str] = {"query": question, "document": passage}
    runner = _Runner(model, prompts)
    return TextEmbedder(
        name=name,
        fingerprint=fingerprint(folder, prompts),
        dimension=runner.dimension,
        max_tokens=runner.max_tokens,
        encode=runner.encode,
        count=runner.count,
        encode_tokens=runner.encode_tokens if runner.has_tokens else None,
        network=runner.network() if runner.has_tokens else None,
    )


def _from_hub(name: str) -> tuple[SentenceTransformer, Path]:
    """The model and its folder in the hub's local cache, which is tried first."""
    repository = name if "/" in name else f"sentence-transformers/{name}"
    if modules_known(repository):
        with contextlib.suppress(BadModel):
            return _load(repository, "", local_files_only=True), _snapshot(repository)
    problem = f"the model {name} is neither a folder nor complete in the local hub cache, and the hub "
    if huggingface_hub.constants.HF_HUB_OFFLINE:
        raise BadModel(f"{problem}is switched off (HF_HUB_OFFLINE); {DEFAULT_MODEL} needs no hub")
    log.info("fetching the model %s from the hub (once)", repository)
    model = _load(repository, f"{problem}does not give it", local_files_only=False)
    if not modules_known(repository):
        raise BadModel(f"{problem}was cut off; try again, or use {DEFAULT_MODEL}, which needs no hub")
    return model, _snapshot(repository)


def _snapshot(repository: str) -> Path:
    file = cached_file(repository, ("modules.json", "config.json", "model.safetensors"))
    if file is None:
        raise BadModel(f"the hub cache holds no file of {repository} after loading it; check HF_HOME")
    return file.parent


def _load(source: str, problem: str, local_files_only: bool) -> SentenceTransformer:
    try:
        with quiet():
            return SentenceTransformer(source, local_files_only=local_files_only)
    except Exception as error:  # files from outside, read by other libraries: they may fail in any way
        lines = str(error).strip().splitlines() or [type(error).__name__]
        raise BadModel(f"{problem} ({lines[0][:200]})") from error


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Without the progress bar and the table of weights that transformers prints for every model it loads."""
    from transformers.utils import logging as untyped

    of_transformers: Any = untyped
    level, bars = of_transformers.get_verbosity(), of_transformers.is_progress_bar_enabled()
    of_transformers.set_verbosity_error()
    of_transformers.disable_progress_bar()
    try:
        yield
    finally:
        of_transformers.set_verbosity(level)
        if bars:
            of_transformers.enable_progress_bar()


def question_and_passage_prompt(name: str, prompts: Mapping[str, str | None]) -> tuple[str, str]:
    """The two prompts that a model states under the customary names; "" where it states none.

    The E5 models of intfloat need prefixes (Wang et al., 2022, arXiv:2212.03533) that their older configurations leave
    out. sentence-transformers' own `encode_document` is no help with a model that calls its prompt "passage": since
    version 5 it finds an empty "document" first.
    """
    question = prompts.get("query") or ""
    passage = prompts.get("document") or prompts.get("passage") or prompts.get("corpus") or ""
    if not question and not passage and _E5.fullmatch(name):
        return "query: ", "passage: "
    return question, passage


class _Runner:
    """Encoding and counting. Encoding takes turns: every call changes the tokenizer inside."""

    def __init__(self, model: SentenceTransformer, prompts: Mapping[Task, str]) -> None:
        self._model = model
        self._prompts = prompts
        self._lock = threading.Lock()
        self._tokenizer = _own_tokenizer(model)
        limit = model.max_seq_length
        self.max_tokens: int = int(limit) if limit is not None and 0 < limit < NO_LIMIT else NO_LIMIT
        # One pass tells all: the first one, through weights that nobody has touched yet, is slow.
        probe = self._encode(["1"], "query", None)[0]
        states = probe.get("token_embeddings")
        self.dimension: int = probe["sentence_embedding"].shape[-1]
        # Whether the model pools states of tokens that the tokenizer can place in the text.
        self.has_tokens: bool = (
            self._tokenizer is not None and getattr(states, "ndim", 0) == 2 and states.shape[1] == self.dimension
        )

    def network(self) -> Network | None:
        """What is inside, to be read from by others as it is; None where it is not of transformers."""
        from transformers import PreTrainedModel

        (*found,) = (module for module in self._model.modules() if isinstance(module, PreTrainedModel))
        return Network(found[0], self._tokenizer) if found else None

    def encode(self, texts: Sequence[str], task: Task) -> Vectors:
        return np.asarray(self._encode(texts, task, "sentence_embedding"), dtype=np.float32)

    def encode_tokens(self, texts: Sequence[str], task: Task) -> tuple[Vectors, list[Tokens]]:
        found = self._encode(texts, task, None)
        vectors = np.stack([item["sentence_embedding"].float().cpu().numpy() for item in found])
        vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
        return vectors, [self._tokens(text, task, item) for text, item in zip(texts, found, strict=True)]

    def _tokens(self, text: str, task: Task, item: Mapping[str, Any]) -> Tokens:
        assert self._tokenizer is not None
        prompt = self._prompts[task]
        encoding = self._tokenizer.encode(prompt + text)
        # A token that straddles the prompt's end (a blank and the word after it) belongs to the text.
        places = [
            (i, max(start - len(prompt), 0))
            for i, (special, (start, end)) in enumerate(
                zip(encoding.special_tokens_mask, encoding.offsets, strict=True)
            )
            if not special and end > len(prompt) and i < self.max_tokens - 1
        ]
        rows = [i for i, _ in places]
        # Some tokenizers pad on the left.
        states = item["token_embeddings"][item["attention_mask"].bool()][rows].float().cpu().numpy()
        return Tokens(np.ascontiguousarray(states, np.float32), np.array([start for _, start in places], np.int64))

    def _encode(self, texts: Sequence[str], task: Task, output: Literal["sentence_embedding"] | None) -> Any:
        # These two also choose the branch of a model that has one for questions and one for documents.
        encode = self._model.encode_query if task == "query" else self._model.encode_document
        with self._lock:
            return encode(
                list(texts),
                prompt=self._prompts[task],
                output_value=output,
                batch_size=len(texts),
                normalize_embeddings=True,
                show_progress_bar=False,
            )

    def count(self, texts: Sequence[str], task: Task) -> list[int]:
        prompted = [self._prompts[task] + text for text in texts]
        if self._tokenizer is not None:
            return [len(encoding.ids) for encoding in self._tokenizer.encode_batch_fast(prompted)]
        with self._lock:
            return [len(self._model.tokenizer(text, truncation=False)["input_ids"]) for text in prompted]


def _own_tokenizer(model: SentenceTransformer) -> Tokenizer | None:
    """A copy that never truncates and that no other thread changes; None for a tokenizer written in Python."""
    inner = getattr(model.tokenizer, "backend_tokenizer", model.tokenizer)
    if not isinstance(inner, Tokenizer):
        return None
    own = Tokenizer.from_str(inner.to_str())
    own.no_truncation()
    own.no_padding()
    return own
