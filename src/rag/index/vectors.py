"""Rows of unit vectors ↔ a FAISS index, and its bytes. Exact inner product, which for unit vectors is the cosine."""

from typing import Any

import numpy as np

from rag.embedding.embedder import Vectors


def flat_index(vectors: Vectors) -> Any:
    """`faiss.IndexFlatIP` over the rows (rows, dimension)."""
    import faiss

    index = faiss.IndexFlatIP(vectors.shape[1])
    if len(vectors):
        index.add(np.ascontiguousarray(vectors, np.float32))
    return index


def rows_of(index: Any) -> Vectors:
    """The vectors that were put in: (rows, dimension) float32, a view that lives as long as the index."""
    import faiss

    if index.ntotal == 0:
        return np.zeros((0, index.d), np.float32)
    rows: Vectors = faiss.rev_swig_ptr(index.get_xb(), index.ntotal * index.d).reshape(index.ntotal, index.d)
    return rows


def to_bytes(index: Any) -> memoryview:
    """What `from_bytes` reads. Python writes the file itself: FAISS opens no non-ASCII path on some systems."""
    import faiss

    data: memoryview = faiss.serialize_index(index).data
    return data


def from_bytes(data: bytes, rows: int, dimension: int) -> Any:
    """The index again. Raises ValueError where the bytes are not a flat index of that shape."""
    import faiss

    try:
        index = faiss.deserialize_index(np.frombuffer(data, np.uint8))
    except RuntimeError as error:
        raise ValueError("not a FAISS index") from error
    if not isinstance(index, faiss.IndexFlatIP) or (index.ntotal, index.d) != (rows, dimension):
        raise ValueError(f"not a flat FAISS index of {rows} rows and {dimension} columns")
    return index
