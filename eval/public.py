"""Public sets in, outcomes out: SQuAD-format and BEIR folders, searched by every leg."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from answers import answer_values, of_any
from beir import PASSAGES, BeirSet, ranked, values
from measure import Outcome, Systems, names_of, search_seconds, values_by_leg
from metrics import DEPTH, EvidenceRanks
from squad import SquadQuestion, SquadSet
from tqdm import tqdm

from rag.records import Hit


def squad_outcomes(systems: Systems, gold: SquadSet, asked: Sequence[SquadQuestion]) -> list[Outcome]:
    """One outcome for each question of the set; one that is not asked has found nothing."""
    rankings = systems.rankings([q.question for q in asked], DEPTH)
    evidence: dict[str, list[EvidenceRanks]] = {}
    for leg, ranking in rankings.items():
        found = zip(asked, ranking, strict=True)
        evidence[leg] = [(q.first_hit(_pairs(systems, hits)),) for q, hits in found]
    unasked = {q.id: q for q in gold.questions}.keys() - {q.id for q in asked}
    absent = [q for q in gold.questions if q.id in unasked]
    each = values_by_leg({leg: [*found, *([(None,)] * len(absent))] for leg, found in evidence.items()})
    rag = systems.product
    seconds = search_seconds(rag, [q.question for q in asked], DEPTH)
    outcomes = []
    last = list(rankings)[-1]
    for n, q in enumerate(tqdm([*asked, *absent], "answers", disable=None, leave=False)):
        answer = rag.ask(q.question, llm=False) if n < len(asked) else None
        hits: list[Hit] = rankings[last][n] if n < len(asked) else []
        pairs = _pairs(systems, hits)
        outcomes.append(
            Outcome(
                id=q.id,
                asked=q.question,
                answerable=True,
                values=each[n],
                hits=tuple(hits),
                names=tuple(name for name, _ in pairs),
                right=tuple(q.first_hit([pair]) is not None for pair in pairs),
                evidence=evidence[last][n] if n < len(asked) else (None,),
                expected=f"{' / '.join(q.answers)} ({q.document})",
                answer=answer,
                answering=answer_values(answer, of_any(q.holds_answer)) if answer else {},
                search_seconds=seconds.get(n),
            )
        )
    return outcomes


def elsewhere_outcomes(systems: Systems, asked: Sequence[SquadQuestion]) -> list[Outcome]:
    """One outcome for each question of another set, which these documents do not answer."""
    outcomes = []
    for q in tqdm(asked, "questions from elsewhere", disable=None, leave=False):
        answer = systems.product.ask(q.question, k=DEPTH, llm=False)
        outcomes.append(
            Outcome(
                id=f"elsewhere {q.id}",
                asked=q.question,
                answerable=False,
                values={},
                hits=answer.hits,
                names=names_of(systems.product, answer.hits),
                right=(False,) * len(answer.hits),
                expected="a question of another set",
                answer=answer,
            )
        )
    return outcomes


def _pairs(systems: Systems, hits: Sequence[Hit]) -> list[tuple[str, str]]:
    names = names_of(systems.plain, hits)
    return [(Path(name).stem, hit.passage.text) for name, hit in zip(names, hits, strict=True)]


def beir_outcomes(systems: Systems, given: BeirSet, ids: Mapping[str, str]) -> list[Outcome]:
    """One outcome for each judged query; `ids` are the documents' ids by the name of the file each was indexed from."""
    queries = list(given.queries.items())
    rankings = systems.rankings([text for _, text in queries], PASSAGES)
    found = {
        leg: values(given.grades, {query: ranked(query, _documents(systems, hits, ids)) for (query, _), hits in rows})
        for leg, ranking in rankings.items()
        if (rows := list(zip(queries, ranking, strict=True)))
    }
    seconds = search_seconds(systems.product, [text for _, text in queries], PASSAGES)
    last = list(rankings)[-1]
    outcomes = []
    for n, (query, text) in enumerate(queries):
        hits = rankings[last][n][:DEPTH]
        names = _documents(systems, hits, ids)
        relevant = {name for name, grade in given.grades[query].items() if grade > 0}
        outcomes.append(
            Outcome(
                id=query,
                asked=text,
                answerable=True,
                values={leg: by_query[query] for leg, by_query in found.items()},
                hits=tuple(hits),
                names=tuple(names),
                right=tuple(name in relevant for name in names),
                expected=", ".join(sorted(relevant)[:DEPTH]),
                search_seconds=seconds.get(n),
            )
        )
    return outcomes


def _documents(systems: Systems, hits: Sequence[Hit], ids: Mapping[str, str]) -> list[str]:
    return [ids[Path(name).stem] for name in names_of(systems.plain, hits)]
