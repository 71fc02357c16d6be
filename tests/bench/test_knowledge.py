"""The invented world of the benchmark of documents, its questions, and what the benchmark makes of the answers."""

from __future__ import annotations

import asyncio
from collections import Counter
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from eval.bench.knowledge.__main__ import ALWAYS, COLD, LEARNED, NEVER, cut, race
from eval.bench.knowledge.asking import Answered
from eval.bench.knowledge.corpus import Asking, Corpus, make_corpus, write_documents, write_questions
from eval.bench.knowledge.figures import difference, figures, in_words, sheet
from eval.bench.knowledge.stand import kept_as, template
from gateway.models import MODELS, ModelError, fetch
from gateway.models.download import default_cache_dir
from gateway.retrieval.chunking import Chunk, chunked
from gateway.retrieval.reading.source import take
from routers.grading import RULES, grade, normalised
from routers.questions import read_questions


@cache
def corpus() -> Corpus:
    return make_corpus()


def needing(questions: tuple[Asking, ...]) -> list[Asking]:
    return [one for one in questions if one.needs]


def test_a_corpus_is_its_seed() -> None:
    assert make_corpus() == corpus()
    other = make_corpus(seed=21)
    assert not {one.text for one in corpus().documents} & {one.text for one in other.documents}


def test_there_are_2000_chunks_of_300_documents_in_three_formats(tmp_path: Path) -> None:
    write_documents(corpus().documents, tmp_path)
    sources = sorted(tmp_path.iterdir())
    found: list[Chunk] = []
    for path in sources:
        with take(path) as source:
            found += [part for part in chunked(source) if isinstance(part, Chunk)]
    assert len(sources) == len(corpus().documents) >= 300 and len(found) >= 2000
    assert {path.suffix for path in sources} == {".md", ".html", ".txt"}
    assert len({chunk.text for chunk in found}) == len(found)


def test_half_of_300_questions_need_the_documents_and_none_comes_twice() -> None:
    asked, drilled = corpus().asked, corpus().drilled
    assert [len(asked), len(needing(asked)), len(drilled), len(needing(drilled))] == [300, 150, 120, 60]
    texts = Counter(normalised(one.text) for one in (*asked, *drilled))
    assert max(texts.values()) == 1, texts.most_common(1)
    assert len({one.query_id for one in (*asked, *drilled)}) == 420


def test_nothing_that_is_learned_from_is_asked() -> None:
    facts = [fact for document in corpus().documents for fact in document.facts]
    by_text = {text: (fact.thing, fact.said) for fact in facts for text in (*fact.asks, fact.drill)}
    asked, drilled = ([by_text[one.text] for one in needing(part)] for part in (corpus().asked, corpus().drilled))
    assert not {thing for thing, _ in asked} & {thing for thing, _ in drilled}
    wordings = [{ask.replace(fact.thing, "…") for fact in facts for ask in fact.asks}]
    assert not wordings[0] & {fact.drill.replace(fact.thing, "…") for fact in facts}


def test_every_answer_stands_in_its_own_document_alone_and_in_other_words_than_it_is_asked_for() -> None:
    documents = corpus().documents
    texts = [document.text.replace("&#x27;", "'") for document in documents]
    facts = {text: fact for document in documents for fact in document.facts for text in (*fact.asks, fact.drill)}
    for asking in (*needing(corpus().asked), *needing(corpus().drilled)):
        fact = facts[asking.text]
        holding = [n for n, text in enumerate(texts) if fact.said in text]
        assert [fact in documents[n].facts for n in holding] == [True], asking
        assert asking.gold == (fact.value,) and fact.value.casefold() in fact.said.casefold()
        assert normalised(asking.text) not in normalised(fact.said)
    people = [fact.value for document in documents for fact in document.facts if " by " in f" {fact.said} "]
    for name in (value for value in people if value.istitle() and " " in value):
        assert sum(name in text for text in texts) == 1, name


def test_common_questions_have_answers_that_the_rules_take_and_name_nothing_invented() -> None:
    names = {fact.thing for document in corpus().documents for fact in document.facts}
    for asking in (*corpus().asked, *corpus().drilled):
        assert asking.answer_type in RULES
        assert all(grade(gold, asking.row()["gold"], asking.answer_type) == 1.0 for gold in asking.gold), asking
        if not asking.needs:
            assert not any(name in asking.text for name in names)


def test_the_questions_are_a_table_that_can_be_labelled(tmp_path: Path) -> None:
    write_questions(corpus().asked, tmp_path / "questions.jsonl")
    table = read_questions(tmp_path / "questions.jsonl")
    assert table.texts == tuple(one.text for one in corpus().asked) and not table.left_out


def test_the_expert_is_shown_how_to_answer_before_the_question() -> None:
    shown = template()
    assert shown.endswith("\nAnswer: oak\n\n{content}\n") and shown.count("Answer:") == 3
    assert "The mill at Low Orrin" in shown and shown.count("{content}") == 1


def test_answers_to_other_documents_are_not_taken_for_these() -> None:
    other = Corpus(corpus().documents[1:], corpus().asked, corpus().drilled)
    names = [kept_as(model, one) for model in ("one.gguf", "other.gguf") for one in (corpus(), other)]
    assert len(set(names)) == 4 and names[0] == kept_as("one.gguf", make_corpus())


def answered(mode: str) -> list[Answered]:
    """Documents bring a right answer to whoever needs them, and spoil every other one of the rest."""
    found = []
    for number in range(40):
        needs, read = number % 2 == 0, mode == "always" or (mode == "gate" and number % 2 == 0)
        right = read if needs else not read or number % 4 == 1
        asking = Asking(f"q{number}", f"What is {number}?", (str(number),), "numeric", needs, "sum")
        found.append(Answered(asking, float(right), 5 * read, read, 100 + 800 * read, 1.0, ""))
    return found


def test_figures_say_who_read_documents_and_what_it_brought() -> None:
    by_mode = {mode: answered(mode) for mode in ("never", "always", "gate")}
    found = [figures(mode, by_mode[mode]) for mode in by_mode]
    assert [(one.right, one.right_needed, one.right_common) for one in found] == [
        (0.5, 0.0, 1.0),
        (0.75, 1.0, 0.5),
        (1.0, 1.0, 1.0),
    ]
    assert [(one.read_needed, one.read_common, one.found) for one in found] == [(0, 0, 0), (1, 1, 1), (1, 0, 1)]
    assert [one.tokens for one in found] == [100, 900, 500] and found[1].passages == 5
    assert found[0].at_right[0] < 0.5 < found[0].at_right[1]
    assert sheet(found).rows[2][:6] == ("gate", "1.000 ± 0.000", "1.000", "1.000", "100.0%", "0.0%")
    apart = difference("gate", "always", by_mode)
    assert apart.right == 0.25 and apart.at_right[0] > 0 and apart.p < 0.05 and np.isclose(apart.tokens, 500 / 900)
    assert in_words(apart).startswith("gate less always: +0.250 exact match (+0.1") and "56% of its" in in_words(apart)


@pytest.mark.slow
def test_every_mode_is_asked_of_the_real_model_and_nothing_is_asked_twice(tmp_path: Path) -> None:
    pytest.importorskip("xllamacpp")
    try:
        fetch(MODELS["smollm2-135m-instruct"], default_cache_dir())
    except ModelError as error:
        pytest.skip(f"the test model is not to be had: {error}")
    some = cut(corpus(), 4)
    subjects = {name for one in (*needing(some.asked), *needing(some.drilled)) for name in one.text.split()}
    few = [doc for doc in corpus().documents if any(word in doc.text for word in subjects if len(word) > 6)][:60]
    small, keep = Corpus(tuple(few), some.asked, some.drilled), tmp_path / "kept"
    keep.mkdir()
    found = asyncio.run(race(small, "smollm2-135m-instruct", tmp_path / "first", keep))
    assert list(found) == [NEVER, ALWAYS, COLD, LEARNED] and all(len(part) == 8 for part in found.values())
    assert not any(one.passages for one in found[NEVER]) and all(one.passages for one in found[ALWAYS])
    [answers] = keep.iterdir()
    asked = answers.read_bytes()
    again = asyncio.run(race(small, "smollm2-135m-instruct", tmp_path / "second", keep))
    assert again == found and answers.read_bytes() == asked
