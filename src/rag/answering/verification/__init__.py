"""Whether the passages that a generated sentence cites bear it out, by rules and without a model."""

from rag.answering.verification.check import verify
from rag.answering.verification.verdict import Problem, Verdict

__all__ = ["Problem", "Verdict", "verify"]
