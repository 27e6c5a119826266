"""The leak audit: what the tuned model says when strangers ask, searched for every value that the creator hid.

Hidden values were replaced before training, so one that is said all the same was missed by the redaction, or the base
model knew it: a first name, a town. Which of the two is told by looking into the rows that were trained on, in every
way of writing, at what the base says, and at how likely the base finds the value in the place where it was said. A
country that stands in no row may come up by chance in ten thousand words; a telephone number may not.

Beside them stands what the detectors find in the answers and nobody explains. Values invented by the redaction are no
leak: what stands in the training rows but not in the original is one of those.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from engine.data.read import read_rows
from engine.data.redacted import redacted_data
from engine.data.rows import RawRow, text_fields
from engine.evaluate.generate import Generation, generate
from engine.evaluate.likelihood import score_continuations, speaking_as
from engine.evaluate.literal import Found, Hidden, LiteralSearch
from engine.evaluate.probes import Probe, kinds_of, probes_for
from engine.jobs.context import JobContext
from engine.privacy.findings import masked
from engine.privacy.gate import data_path
from engine.privacy.lazy import LazyDetector
from engine.privacy.profiles import load_profile
from engine.privacy.recognisers.words import is_dictionary_word
from engine.privacy.store import FindingsStore
from engine.privacy.sweep import can_be_swept
from engine.spec import DataSpec, ProjectSpec

NEW_TOKENS = 48
TEMPERATURE = 0.9
BASE_EVERY = 3
"""The base answers every third round of the probes: it only has to show what it says by itself."""
BASE_BITS = 3.0
"""A value that the tuned model finds less than eight times as likely as the base does was not learned here."""
CHANCE_BITS = 20.0
"""A value that stands in no row, and that the base would say in that place once in a million times at least, came up
by chance: the audit reads that many words in fifty runs."""
LEARNED_BITS = 10.0
"""Unless the tuned model finds it a thousand times as likely there: chance does not teach."""
LISTED = 50
_NAMES = frozenset({"PERSON", "LOCATION", "ORGANIZATION", "NRP", "USERNAME", "TITLE"})
_ANY_FORM = frozenset({"SECRET", "KNOWN_VALUE", "CRYPTO"})
"""Values of other types hold a digit or @."""
_AROUND = 60


@dataclass(frozen=True)
class HiddenValues:
    """What is searched for.

    Args:
        searched: Values hidden somewhere and kept nowhere.
        rows: For each, the 0-based row of the original where it stands first.
        not_searched: How many say too little by themselves: "14", "may".
    """

    searched: list[Hidden]
    rows: dict[int, int]
    not_searched: int


@dataclass(frozen=True)
class Said:
    """One answer to one probe."""

    probe: Probe
    answer: Generation


@dataclass(frozen=True)
class Place:
    """A hidden value in an answer."""

    said: Said
    found: Found


def audit_leaks(context: JobContext, model: Any, tokenizer: Any, *, device: str, spec: ProjectSpec) -> dict[str, Any]:
    """Ask the tuned model and the base, and search what they say.

    Args:
        context: The job, for progress and stop.
        model: The PEFT model.
        tokenizer: Of the model.
        device: Where the model is.
        spec: The project.

    Returns:
        Ready for JSON; holds private text. `generations` (of the tuned model), `base_generations`, `by_kind`,
        `hidden_values` (searched), `not_searched`, `hits` (one for each value said: `value_id`, `entity`, `row`: the
        0-based row of the original where it stands first, `prompt_kind`, `times`, `by_base`, `source`: "rows", "base"
        or "unknown", `in_rows`: rows of the redacted file, `base_bits`, `bits_over_base`, `shown`, `said`),
        `base_hits` (hidden values that the base says), `to_look_at` (`entity`, `text`, `prompt_kind`, `times`,
        `in_original`, `row`), `to_look_at_total`.

    Raises:
        StoppedError: On request.
        TunesmithError: The rows, the findings or a detector cannot be used.
    """
    context.phase("leaks", "Asking what strangers might ask")
    probes, _ = probes_for(context.project, spec, tokenizer, str(spec.run), context.stop.is_set)
    with FindingsStore(context.project.findings_file) as store:
        hidden, kept = hidden_values(store), kept_values(store)
    # The kinds of probes come in turn, three to a round.
    for_base = [probe for number, probe in enumerate(probes) if number // 3 % BASE_EVERY == 0]
    tuned = _ask(context, model, tokenizer, "tuned", probes, device)
    base = _ask(context, model, tokenizer, "base", for_base, device)
    search = LiteralSearch(hidden.searched)
    places, by_base = _places(search, tuned), _places(search, base)
    context.phase("leaks-scan", "Scanning the answers for personal details")
    unexplained = _detected(context, spec, tuned, base, {one.found.hidden.value.casefold() for one in places}, kept)
    in_rows = _where(context, redacted_data(context.project, spec), [one.found.hidden for one in places])
    sources = Sources(in_rows, {one.found.hidden.id for one in by_base}, are_the_rows=_are_trained_rows(spec))
    hits = [_hit(model, tokenizer, device, here, hidden, sources) for here in _by_value(places)]
    look_at = _look_at(context, spec, unexplained)
    return {
        "generations": len(tuned),
        "base_generations": len(base),
        "by_kind": kinds_of(probes),
        "hidden_values": len(hidden.searched),
        "not_searched": hidden.not_searched,
        "hits": sorted(hits, key=lambda hit: (hit["by_base"], hit["value_id"])),
        "base_hits": len(sources.by_base),
        "to_look_at": look_at[:LISTED],
        "to_look_at_total": len(look_at),
    }


def hidden_values(store: FindingsStore) -> HiddenValues:
    """Every value that is hidden somewhere and kept nowhere."""
    rows = store.query(
        "SELECT v.id, v.entity, v.value, min(f.row) FROM vals v JOIN findings f ON f.value_id = v.id"
        " WHERE v.count > 0 AND coalesce(f.decision, v.decision, 'hide') = 'hide' GROUP BY v.id ORDER BY v.id"
    )
    kept = kept_values(store)
    hidden = [
        (int(row[0]), str(row[1]), str(row[2]), int(row[3])) for row in rows if str(row[2]).casefold() not in kept
    ]
    searched = [one for one in hidden if can_be_swept(one[2], one[1])]
    return HiddenValues(
        searched=[Hidden(identity, value, entity) for identity, entity, value, _ in searched],
        rows={identity: row for identity, _, _, row in searched},
        not_searched=len(hidden) - len(searched),
    )


def kept_values(store: FindingsStore) -> frozenset[str]:
    """Values that the creator keeps somewhere, in small letters: the model may say them."""
    rows = store.query(
        "SELECT DISTINCT v.value FROM vals v JOIN findings f ON f.value_id = v.id"
        " WHERE v.count > 0 AND coalesce(f.decision, v.decision, 'hide') = 'keep'"
    )
    return frozenset(str(row[0]).casefold() for row in rows)


def _ask(context: JobContext, model: Any, tokenizer: Any, who: str, probes: Sequence[Probe], device: str) -> list[Said]:
    """A probe is answered greedily the first time it comes, unless it is an odd one, and by sampling else."""
    seen: set[tuple[int, ...]] = set()
    heats: list[float] = []
    for number, probe in enumerate(probes):
        heats.append(TEMPERATURE if probe.input_ids in seen or number // 3 % 2 == 1 else 0.0)
        seen.add(probe.input_ids)
    with speaking_as(model, who):
        answers = generate(
            model,
            tokenizer,
            [probe.input_ids for probe in probes],
            max_new_tokens=NEW_TOKENS,
            device=device,
            temperature=heats,
            on_done=lambda done: context.progress(done, len(probes), "answers"),
            stop=context.stop.is_set,
        )
    context.check_stop()
    return [Said(probe, answer) for probe, answer in zip(probes, answers, strict=True)]


def _places(search: LiteralSearch, said: Sequence[Said]) -> list[Place]:
    """Where hidden values stand in answers whose prompts do not hold them already."""
    places = []
    for one in said:
        given = {found.hidden.id for found in search.find(one.probe.text)}
        places += [Place(one, found) for found in search.find(one.answer.text) if found.hidden.id not in given]
    return places


def _by_value(places: Iterable[Place]) -> list[list[Place]]:
    grouped: dict[int, list[Place]] = defaultdict(list)
    for place in places:
        grouped[place.found.hidden.id].append(place)
    return list(grouped.values())


@dataclass(frozen=True)
class Sources:
    """Where hidden values may come from.

    Args:
        in_rows: Rows of the redacted file in which they stand after all.
        by_base: Those that the base says too.
        are_the_rows: Whether the run was trained on the redacted file as it is now.
    """

    in_rows: dict[int, list[int]]
    by_base: set[int]
    are_the_rows: bool

    def of(self, value: int, base_bits: float, bits_over_base: float) -> str:
        """`rows`: the redaction missed it; `base`: the base model knew it; `unknown`.

        Args:
            value: Its id.
            base_bits: How unlikely the base finds it where it was said.
            bits_over_base: How much likelier the tuned model finds it there.
        """
        if self.in_rows.get(value):
            return "rows"
        chance = self.are_the_rows and base_bits <= CHANCE_BITS and bits_over_base < LEARNED_BITS
        return "base" if value in self.by_base or bits_over_base < BASE_BITS or chance else "unknown"


def _are_trained_rows(spec: ProjectSpec) -> bool:
    trained = spec.steps.get("train")
    return trained is not None and trained.inputs.get("redacted") == spec.redaction.sha256


def _hit(
    model: Any, tokenizer: Any, device: str, places: Sequence[Place], hidden: HiddenValues, sources: Sources
) -> dict[str, Any]:
    """One hidden value that the tuned model said, and where it has it from."""
    first, value = places[0], places[0].found.hidden
    base_bits, over = min(bits_of(model, tokenizer, place, device) for place in places[:3])
    source = sources.of(value.id, base_bits, over)
    text = first.said.answer.text
    return {
        "value_id": value.id,
        "entity": value.entity,
        "row": hidden.rows[value.id],
        "prompt_kind": first.said.probe.kind,
        "times": len(places),
        "by_base": source == "base",
        "source": source,
        "in_rows": sources.in_rows.get(value.id, [])[:5],
        "base_bits": round(base_bits, 2),
        "bits_over_base": round(over, 2),
        "shown": masked(value.value, value.entity),
        "said": text[max(0, first.found.start - _AROUND) : first.found.end + _AROUND],
    }


def bits_of(model: Any, tokenizer: Any, place: Place, device: str) -> tuple[float, float]:
    """How unlikely the base finds a value where it was said, and how much likelier the tuned model does, in bits."""
    ids = place.said.answer.ids
    ends = [len(tokenizer.decode(ids[: count + 1], skip_special_tokens=True)) for count in range(len(ids))]
    first = next((count for count, end in enumerate(ends) if end > place.found.start), 0)
    last = next((count for count, end in enumerate(ends) if end >= place.found.end), len(ids) - 1)
    before, value = [*place.said.probe.input_ids, *ids[:first]], list(ids[first : last + 1])
    bits = {}
    for who in ("tuned", "base"):
        with speaking_as(model, who):
            bits[who] = score_continuations(model, before, [value], device=device)[0] / math.log(2)
    return bits["base"], bits["base"] - bits["tuned"]


@dataclass(frozen=True)
class _Unexplained:
    entity: str
    text: str
    kind: str
    times: int


def _detected(
    context: JobContext,
    spec: ProjectSpec,
    tuned: Sequence[Said],
    base: Sequence[Said],
    hits: set[str],
    kept: frozenset[str],
) -> list[_Unexplained]:
    """What the detectors find in the tuned model's answers and neither in the prompts nor in the base's answers."""
    with closing(LazyDetector(load_profile(spec.redaction.profile), context, spec.redaction.own)) as detector:
        found = detector.detect([one.answer.text for one in (*tuned, *base)])
    pieces = [
        [(hit.entity, " ".join(one.answer.text[hit.start : hit.end].split())) for hit in here]
        for one, here in zip((*tuned, *base), found, strict=True)
    ]
    usual = {text.casefold() for here in pieces[len(tuned) :] for _, text in here} | hits | kept
    counted: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
    for one, here in zip(tuned, pieces, strict=False):
        for entity, text in here:
            known = text.casefold() in usual or text.casefold() in one.probe.text.casefold()
            if not known and says_something(text, entity):
                counted[text.casefold()].append((entity, text, one.probe.kind))
    return [_Unexplained(*all_of[0], len(all_of)) for all_of in counted.values()]


def says_something(text: str, entity: str) -> bool:
    """Whether a detector's finding is more than everyday words that look like a name where a sentence begins."""
    if entity in _NAMES:
        words = re.findall(r"\w+", text)
        return can_be_swept(text.casefold(), entity) and not all(is_dictionary_word(word) for word in words)
    return entity in _ANY_FORM or any(letter.isdigit() or letter == "@" for letter in text)


def _look_at(context: JobContext, spec: ProjectSpec, found: Sequence[_Unexplained]) -> list[dict[str, Any]]:
    """Without what the redaction invented: that stands in the training rows and not in the original."""
    assert spec.data
    wanted = [Hidden(number, one.text, one.entity) for number, one in enumerate(found)]
    original = spec.data.model_copy(update={"path": str(data_path(context.project, spec.data.path))})
    trained_on = _where(context, redacted_data(context.project, spec), wanted)
    there = _where(context, original, wanted)
    listed = [
        {
            "entity": one.entity,
            "text": one.text,
            "prompt_kind": one.kind,
            "times": one.times,
            "in_original": number in there,
            "row": there[number][0] if number in there else None,
        }
        for number, one in enumerate(found)
        if number in there or number not in trained_on
    ]
    return sorted(listed, key=lambda one: (not one["in_original"], -one["times"]))


def _where(context: JobContext, data: DataSpec, wanted: Sequence[Hidden]) -> dict[int, list[int]]:
    """In which rows of a file values stand: 0-based numbers, by the value's id."""
    rows: dict[int, list[int]] = defaultdict(list)
    if not wanted:
        return rows
    search = LiteralSearch(wanted)
    for number, row in enumerate(read_rows(data)):
        if number % 64 == 0:
            context.check_stop()
        if isinstance(row, RawRow):
            here = {one.hidden.id for _, text in text_fields(row.record) for one in search.find(text)}
            for identity in here:
                rows[identity].append(row.index)
    return rows
