"""The queries of a run one by one: what each model put first, and where the right answer stood."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from eval.outcomes import Labels, Outcome, Run, figure, mapping, outcomes
from eval.sets import EvalSet, Query

EXCERPT = 500  # characters of a candidate in a list: a document of 8,192 tokens has 30,000


class Show(StrEnum):
    """Which queries are listed, by which models put a right answer first."""

    ALL = "all"
    ALL_RIGHT = "all_right"
    ALL_WRONG = "all_wrong"
    DISAGREE = "disagree"
    A_NOT_B = "a_not_b"  # A is right, B is wrong


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What one model made of one query.

    Attributes:
        rank: of the best placed right answer, from 1, ties counted against it. ties: wrong ones that score the same.
        first: the text that it put first; None where the set's texts are not there. first_id: its id.
        gold_score, first_score: on the model's own scale; None where they were not kept.
    """

    model: str
    label: str
    rank: int
    ties: int
    first_id: str
    first: str | None
    gold_score: float | None
    first_score: float | None

    @property
    def right(self) -> bool:
        """Whether a right answer came first, alone."""
        return self.rank == 1


@dataclass(frozen=True, kw_only=True)
class Listed:
    """One query and every model's answer; texts are empty where only the run is there and not the set."""

    id: str
    category: str
    lang: str
    family: str
    text: str
    gold: tuple[str, ...]
    rationale: str
    gloss: str
    answers: tuple[Answer, ...]

    @property
    def shows(self) -> frozenset[Show]:
        """The lists that it belongs to, but for ``A_NOT_B``, which asks for two models."""
        right = [answer.right for answer in self.answers]
        kinds = {Show.ALL}
        if right:
            kinds.add(Show.ALL_RIGHT if all(right) else Show.DISAGREE if any(right) else Show.ALL_WRONG)
        return frozenset(kinds)

    def right(self, model: str) -> bool | None:
        """Whether ``model`` put a right answer first; None if it did not answer."""
        return next((answer.right for answer in self.answers if answer.model == model), None)


def listed(run: Run, name: str, evalset: EvalSet | None = None, labels: Labels | None = None) -> tuple[Listed, ...]:
    """Every query of the set ``name``, in the set's order, with excerpts of its candidates; without the set, ids and
    ranks only.

    Args:
        evalset: see ``findings.matching``: a set that has changed since is none.
    """
    found = outcomes(run, labels, name)
    if evalset is not None:
        answered = {query_id for item in found for query_id in item.ranks}  # a run may be limited to some
        chosen = [query for query in evalset.queries if query.id in answered]
        # By identity: all queries of a BEIR set share one tuple, which may be a corpus of 200,000.
        lists = {id(query.candidates): query.candidates for query in chosen}
        texts = {key: {item.id: excerpt(item.text) for item in candidates} for key, candidates in lists.items()}
        return tuple(_listed(query.id, query, texts[id(query.candidates)], found) for query in chosen)
    ids = dict.fromkeys(query_id for item in found for query_id in item.ranks)
    return tuple(_listed(query_id, None, {}, found) for query_id in ids)


def excerpt(text: str) -> str:
    """A text as it stands in a list: a long one's beginning."""
    return text if len(text) <= EXCERPT else f"{text[:EXCERPT]}…"


def select(
    items: Sequence[Listed],
    show: Show = Show.ALL,
    category: str | None = None,
    a: str | None = None,
    b: str | None = None,
) -> tuple[Listed, ...]:
    """The queries of one kind and, unless None, one category; ``a`` and ``b`` are the models of ``A_NOT_B``."""
    return tuple(
        item
        for item in items
        if (category is None or item.category == category)
        and (
            item.right(a or "") is True and item.right(b or "") is False if show is Show.A_NOT_B else show in item.shows
        )
    )


def counts(
    items: Sequence[Listed], category: str | None = None, a: str | None = None, b: str | None = None
) -> dict[Show, int]:
    """How many queries each list would hold, so that nobody chooses an empty one unwarned."""
    return {show: len(select(items, show, category, a, b)) for show in Show}


def categories(
    items: Sequence[Listed], show: Show = Show.ALL, a: str | None = None, b: str | None = None
) -> dict[str, int]:
    """How many queries of one kind each category holds; every category is there, with 0 if need be."""
    found = dict.fromkeys((item.category for item in items), 0)
    for item in select(items, show, None, a, b):
        found[item.category] += 1
    return found


def _listed(query_id: str, query: Query | None, texts: Mapping[str, str], found: Sequence[Outcome]) -> Listed:
    return Listed(
        id=query_id,
        category=query.category if query else "",
        lang=query.lang if query else "",
        family=query.family if query else query_id,
        text=query.text if query else "",
        gold=tuple(texts[one] for one in query.relevant) if query else (),
        rationale=query.rationale if query else "",
        gloss=query.gloss if query else "",
        answers=tuple(_answer(item, query_id, texts) for item in found if query_id in item.ranks),
    )


def _answer(item: Outcome, query_id: str, texts: Mapping[str, str]) -> Answer:
    first = str(mapping(item.record.get("first")).get(query_id, ""))
    scores = mapping(item.record.get("scores")).get(query_id)
    gold, best = (
        (figure(one) for one in scores) if isinstance(scores, list | tuple) and len(scores) == 2 else (None, None)
    )
    return Answer(
        model=item.model,
        label=item.label,
        rank=item.ranks[query_id],
        ties=int(mapping(item.record.get("ties")).get(query_id, 0)),
        first_id=first,
        first=texts.get(first),
        gold_score=gold,
        first_score=best,
    )
