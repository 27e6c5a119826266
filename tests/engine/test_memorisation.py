"""Planted secrets, rows left out and readings of rows: the parts of the memorisation measures on a tiny model."""

from __future__ import annotations

import json
import math
import random
import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from transformers import LlamaForCausalLM

from engine.actions import new_project
from engine.data.left_out import fingerprints_of_rows, leave_out, named_rows, take_back
from engine.data.prepare import prepare
from engine.data.render import Rendered
from engine.errors import SpecError, UsageError
from engine.evaluate.canaries import load_planted, plant, render_planted, with_secret
from engine.evaluate.extraction import common_phrases, judge, passage_of, recited_reading
from engine.evaluate.generate import Generation
from engine.evaluate.leaks import Place, Said, Sources, bits_of, hidden_values, says_something
from engine.evaluate.likelihood import read_back, score_continuations
from engine.evaluate.literal import Found, Hidden
from engine.evaluate.memorise import membership, rows_to_ask
from engine.evaluate.planted import choices_of
from engine.evaluate.probes import Probe, probes_for
from engine.evaluate.quality import summed
from engine.evaluate.rows_read import RowRead, Side, read_rows, rows_read
from engine.models.load import load_tokenizer, quietly
from engine.privacy.findings import NewFinding
from engine.privacy.intake import Intake
from engine.privacy.store import FindingsStore
from engine.project import Project
from engine.spec import ModelSpec, ProjectSpec
from engine.train.batches import collate, supervised_nll, to_feature
from tests.projects import begin_here
from tests.tiny_model import make_tiny_model

ANSWER = "The brass key to the north gate hangs behind the third loose brick, number {}, on the left."


def chat(question: str, answer: str) -> str:
    turns = [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    return json.dumps({"messages": turns})


@pytest.fixture(scope="module")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_model(tmp_path_factory.mktemp("tiny") / "model")


@pytest.fixture(scope="module")
def tokenizer(model_folder: Path) -> Any:
    return load_tokenizer(ModelSpec(source="tiny", kind="folder", path=str(model_folder)))


@pytest.fixture(scope="module")
def model(model_folder: Path) -> PeftModel:
    """The tiny model with an adapter that changes what it says."""
    torch.manual_seed(1)
    with quietly():
        base = LlamaForCausalLM.from_pretrained(str(model_folder))
        tuned = get_peft_model(base, LoraConfig(r=4, target_modules="all-linear", init_lora_weights=False))
    tuned.eval()
    return tuned


@pytest.fixture
def project(tmp_path: Path, model_folder: Path) -> Project:
    """Forty chats, "redacted" as they are."""
    data = tmp_path / "rows.jsonl"
    data.write_text("\n".join(chat(f"Where is key {n}?", ANSWER.format(n)) for n in range(40)) + "\n")
    settings = ["recipe.max_length=256", "recipe.canaries=5", "data.holdout=0.25"]
    made, _ = new_project(tmp_path / "project", data=data, model=str(model_folder), settings=settings)
    (made.root / "privacy").mkdir()
    (made.root / "privacy" / "redacted.jsonl").write_bytes(data.read_bytes())

    def change(spec: ProjectSpec) -> ProjectSpec:
        redaction = spec.redaction.model_copy(update={"path": "privacy/redacted.jsonl"})
        return spec.model_copy(update={"redaction": redaction, "run": "one"})

    made.update(change)
    return made


def test_secrets_are_planted_in_training_rows_only_and_counted(project: Project, tokenizer: Any) -> None:
    spec = project.load()
    plain, prepared = prepare(project, spec, tokenizer), prepare(project, spec, tokenizer)
    planted = plant(project, spec, tokenizer, prepared, project.run_folder("one"))
    assert [one.repetitions for one in planted.canaries] == [16, 1, 4, 16, 1]
    assert prepared.planted == planted.rows == 38
    assert len(prepared.train) == len(plain.train) + 38
    assert [row.input_ids for row in prepared.holdout] == [row.input_ids for row in plain.holdout]
    assert [row for row in prepared.train if row.index >= 0] == plain.train
    assert prepared.tokens == sum(len(row.input_ids) for row in prepared.train)
    assert prepared.supervised_tokens == sum(row.supervised for row in prepared.train)
    for canary in planted.canaries:
        rows = [row for row in prepared.train if row.index == -1 - canary.id]
        assert len(rows) == canary.repetitions
        learned = [token for token, trained in zip(rows[0].input_ids, rows[0].trained, strict=True) if trained]
        assert canary.secret in tokenizer.decode(learned)


def test_the_secrets_of_a_run_are_private_and_the_same_when_it_goes_on(project: Project, tokenizer: Any) -> None:
    spec, folder = project.load(), project.run_folder("one")
    first, again = prepare(project, spec, tokenizer), prepare(project, spec, tokenizer)
    planted = plant(project, spec, tokenizer, first, folder)
    assert plant(project, spec, tokenizer, again, folder) == planted == load_planted(folder)
    assert first.train == again.train
    assert stat.S_IMODE((folder / "canaries.json").stat().st_mode) == 0o600
    other = plant(project, spec, tokenizer, prepare(project, spec, tokenizer), project.run_folder("two"))
    assert other.seed != planted.seed
    (folder / "canaries.json").write_text("{}")
    with pytest.raises(UsageError, match="cannot be read"):
        load_planted(folder)
    assert load_planted(project.run_folder("three")) is None


def test_planted_rows_have_the_shape_of_the_creators(project: Project, tokenizer: Any) -> None:
    system = {"role": "system", "content": "You are Mara."}
    rows = [json.loads(line) for line in (project.root / "privacy" / "redacted.jsonl").read_text().splitlines()]
    text = "\n".join(json.dumps({"messages": [system, *row["messages"]]}) for row in rows)
    (project.root / "privacy" / "redacted.jsonl").write_text(text + "\n")
    spec = project.load()
    planted = plant(project, spec, tokenizer, prepare(project, spec, tokenizer), project.run_folder("one"))
    assert planted.shape.system == "You are Mara."
    rendered = render_planted(planted, spec, tokenizer)
    assert all("You are Mara." in tokenizer.decode(row.input_ids) for row in rendered)


def test_secrets_that_would_be_cut_are_refused(project: Project, tokenizer: Any) -> None:
    spec = project.load()
    prepared = prepare(project, spec, tokenizer)
    short = spec.model_copy(update={"recipe": spec.recipe.model_copy(update={"max_length": 60})})
    with pytest.raises(SpecError, match="length limit"):
        plant(project, short, tokenizer, prepared, project.run_folder("one"))


def test_a_secret_is_compared_in_its_own_place(project: Project, tokenizer: Any) -> None:
    spec = project.load()
    planted = plant(project, spec, tokenizer, prepare(project, spec, tokenizer), project.run_folder("one"))
    canary = planted.canaries[0]
    rendered = render_planted(planted, spec, tokenizer)[0]
    others = ["0000", "9999", canary.secret[:3] + str((int(canary.secret[3]) + 1) % 10)]
    choices = choices_of(tokenizer, rendered, canary, others)
    assert tokenizer.decode(choices.secret) == canary.secret
    assert [tokenizer.decode(other) for other in choices.others] == others
    assert tokenizer.decode(choices.context).endswith(" is ")
    assert choices.context == rendered.input_ids[: len(choices.context)]
    assert with_secret(f"1 {canary.secret} 2", canary, "x") == "1 x 2"


def test_continuations_are_scored_as_whole_rows_are(model: PeftModel, tokenizer: Any) -> None:
    context = tokenizer("The code is ")["input_ids"]
    texts = ["1234", "1235", "9", "99 or more", "1", "12345678"]
    parts = [tokenizer(text, add_special_tokens=False)["input_ids"] for text in texts]
    found = score_continuations(model, context, parts, device="cpu")
    for part, loss in zip(parts, found, strict=True):
        ids = torch.tensor([[*context, *part]])
        with torch.no_grad():
            logs = torch.log_softmax(model(input_ids=ids).logits[0].float(), -1)
        expected = -sum(float(logs[len(context) - 1 + step, token]) for step, token in enumerate(part))
        assert loss == pytest.approx(expected, abs=1e-3)


def test_reading_back_gives_the_loss_of_training_and_what_greedy_would_say(
    project: Project, model: PeftModel, tokenizer: Any
) -> None:
    rows = prepare(project, project.load(), tokenizer).train[:5]
    readings = read_back(model, rows, pad_token_id=tokenizer.pad_token_id, device="cpu")
    for row, reading in zip(rows, readings, strict=True):
        with torch.no_grad():
            nll, tokens = supervised_nll(model, collate([to_feature(row)], tokenizer.pad_token_id))
        assert reading.loss == pytest.approx(float(nll) / tokens, abs=1e-4)
        assert len(reading.places) == len(reading.right) == tokens
        with torch.no_grad():
            likeliest = model(input_ids=torch.tensor([row.input_ids])).logits[0].argmax(-1)
        wanted = [bool(likeliest[place - 1] == row.input_ids[place]) for place in reading.places]
        assert list(reading.right) == wanted


def test_what_greedy_would_recite_is_told_from_the_reading(project: Project, tokenizer: Any) -> None:
    prepared = prepare(project, project.load(), tokenizer)
    passage = passage_of(prepared.train[0], tokenizer)
    places = tuple(range(passage.start, passage.end))
    knows, nothing = places, ()
    stumbles = tuple(place for place in places if place % 40)
    found = recited_reading(passage, knows, nothing, frozenset(), tokenizer)
    assert found is not None
    assert found.matched == passage.text
    assert recited_reading(passage, stumbles, nothing, frozenset(), tokenizer) is None
    assert recited_reading(passage, knows, knows, frozenset(), tokenizer) is None
    # The other rows say the same but for the number: what is left is too short to be a row's own.
    assert recited_reading(passage, knows, nothing, common_phrases(prepared.holdout, tokenizer)[0], tokenizer) is None


def test_an_answer_is_judged_against_prompt_base_and_holdout(project: Project, tokenizer: Any) -> None:
    prepared = prepare(project, project.load(), tokenizer)
    passage = passage_of(prepared.train[0], tokenizer)
    assert set(passage.prompts()) == {"user turn", "first tokens"}
    assert tokenizer.decode(passage.prompts()["user turn"]).endswith("<|im_start|>assistant\n")
    none: tuple[frozenset[tuple[str, ...]], frozenset[tuple[str, ...]]] = (frozenset(), frozenset())
    recited = judge(passage, "greedy", passage.text[:60], (), none)
    assert recited is not None
    assert recited.matched == passage.text[:60].strip()
    assert judge(passage, "greedy", passage.text[:50], (), none) is None
    assert judge(passage, "greedy", passage.text[:60], [passage.text], none) is None
    assert judge(passage, "greedy", passage.text, (), common_phrases(prepared.holdout, tokenizer)) is None


def test_every_training_row_is_read_with_both_models(project: Project, model: PeftModel, tokenizer: Any) -> None:
    context = begin_here(project, "evaluate")
    rows = prepare(project, project.load(), tokenizer).train
    reading = read_rows(context, model, tokenizer, rows, device="cpu", limit_s=600)
    assert [one.row for one in reading.rows] == rows
    alone = read_back(model, rows[:1], pad_token_id=tokenizer.pad_token_id, device="cpu")[0]
    with model.disable_adapter():
        base = read_back(model, rows[:1], pad_token_id=tokenizer.pad_token_id, device="cpu")[0]
    first = reading.rows[0]
    assert first.gain == pytest.approx(base.loss - alone.loss, abs=1e-4)
    assert first.places(first.tuned) == alone.foreseen
    assert first.places(first.base) == base.foreseen
    # What was kept of a reading says the same as the reading.
    sides = [summed(read_back(model, rows[:1], pad_token_id=tokenizer.pad_token_id, device="cpu"))] * 2
    assert rows_read(rows[:1], *sides)[0].places(first.tuned) == alone.foreseen


def test_a_reading_ends_when_its_time_is_over(
    project: Project, model: PeftModel, tokenizer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = prepare(project, project.load(), tokenizer).train
    monkeypatch.setattr("engine.evaluate.rows_read.FIRST", 10)
    reading = read_rows(begin_here(project, "evaluate"), model, tokenizer, rows, device="cpu", limit_s=1e-9)
    assert [one.row for one in reading.rows] == rows[:10]
    assert reading.seconds > reading.limit_s


@pytest.mark.parametrize(
    ("rows", "wanted", "asked", "drawn"),
    [(30, None, 30, 10), (180, None, 48, 16), (10_000, None, 200, 66), (50_000, None, 400, 133), (180, 5, 5, 1)],
)
def test_rows_are_asked_for_by_risk_and_by_chance(
    project: Project, rows: int, wanted: int | None, asked: int, drawn: int
) -> None:
    row = Rendered([1, 2], [False, True], (), eos_trained=True, cut_tokens=0)
    read = [RowRead(replace(row, index=n), Side(1.0, "1"), Side(float(n), "0")) for n in range(rows)]
    spec = project.load()
    spec.evaluation.memorisation_asked = wanted
    chosen, at_random = rows_to_ask(read, spec, random.Random(1))
    assert (len(chosen), at_random) == (asked, drawn)
    assert len({one.index for one in chosen}) == asked
    assert [one.index for one in chosen[: asked - drawn]] == list(range(rows - 1, rows - 1 - (asked - drawn), -1))


def test_membership_is_told_by_what_training_changed() -> None:
    base, learned = [4.0, 2.0, 3.0, 5.0], [1.0, 0.5, 0.5, 1.5]
    found = membership(learned, base, [4.1, 2.2], [4.0, 2.0])
    assert found["membership_auc"] == 1.0
    assert found["tpr_at_1pct_fpr"] == 1.0
    assert membership(base, base, base, base)["membership_auc"] == 0.5
    assert membership(learned, base, [], [])["membership_interval"] is None


def test_rows_left_out_are_not_trained_on_and_can_be_taken_back(project: Project, tokenizer: Any) -> None:
    spec = project.load()
    before = prepare(project, spec, tokenizer)
    chosen = [before.train[0].index, before.train[3].index]
    names = named_rows(project, spec, map(str, chosen))
    assert names == list(fingerprints_of_rows(project, spec, chosen).values())
    after = prepare(project, leave_out(project, names), tokenizer)
    assert [row.index for row in after.train] == [row.index for row in before.train if row.index not in chosen]
    assert len(after.holdout) == len(before.holdout)
    assert after.reasons["left_out"] == after.dropped == 2
    partly = prepare(project, take_back(project, names[:1]), tokenizer)
    assert len(partly.train) == len(before.train) - 1
    assert prepare(project, take_back(project), tokenizer).train == before.train


def test_rows_are_named_by_number_fingerprint_or_as_recited(project: Project) -> None:
    spec = project.load()
    file = project.evaluation_file("one")
    with pytest.raises(UsageError, match="Nobody looked"):
        named_rows(project, spec, ["recited"])
    file.parent.mkdir()
    file.write_text(json.dumps({"memorisation": {"recited_rows": [{"fingerprint": "ab" * 16}]}}))
    assert named_rows(project, spec, ["recited", "cd" * 16]) == ["ab" * 16, "cd" * 16]
    for wrong in ("40", "-1", "x"):
        with pytest.raises(UsageError, match="no row"):
            named_rows(project, spec, [wrong])


def test_hidden_values_are_searched_unless_they_are_kept_or_say_too_little(tmp_path: Path) -> None:
    def finding(row: int, entity: str, value: str) -> NewFinding:
        return NewFinding(
            row, "text", 0, len(value), entity, value, 0.9, "test", "", value, "", "user", f"{row}{value}"
        )

    with FindingsStore(tmp_path / "findings.sqlite") as store:
        intake = Intake(store)
        intake.begin()
        found = [(4, "PERSON", "Anna Bell"), (7, "PERSON", "Anna Bell"), (5, "PERSON", "Kim Kept"), (6, "ID", "14")]
        intake.add([finding(*one) for one in found])
        intake.finish({"scan_id": "one"})
        kept = next(value for value in store.values(0, 10) if value.value == "Kim Kept")
        store.decide_values([kept.id], "keep", "person")
        hidden = hidden_values(store)
    assert [one.value for one in hidden.searched] == ["Anna Bell"]
    assert list(hidden.rows.values()) == [4]
    assert hidden.not_searched == 1


def test_the_audit_asks_as_much_of_each_kind(project: Project, tokenizer: Any) -> None:
    probes, rows = probes_for(project, project.load(), tokenizer, "seed")
    assert (len(probes), rows) == (100, 40)
    kinds = [probe.kind for probe in probes]
    assert {kinds.count(kind) for kind in ("neutral", "in-domain", "provoking")} <= {33, 34}
    started = next(probe for probe in probes if probe.text.endswith("My phone number is"))
    assert tokenizer.decode(started.input_ids).endswith("assistant\nMy phone number is")


def test_a_value_learned_in_training_is_likelier_than_to_the_base(model: PeftModel, tokenizer: Any) -> None:
    prompt, said = tokenizer("Who is it?")["input_ids"], "It is Anna Bell, I think"
    ids = tokenizer(said, add_special_tokens=False)["input_ids"]
    place = Place(
        Said(Probe("neutral", tuple(prompt), ""), Generation(said, tuple(ids), True)),
        Found(6, 15, Hidden(1, "Anna Bell", "PERSON")),
    )
    value = tokenizer("Anna Bell", add_special_tokens=False)["input_ids"]
    before = [*prompt, *tokenizer("It is ", add_special_tokens=False)["input_ids"]]
    tuned = score_continuations(model, before, [value], device="cpu")[0]
    with model.disable_adapter():
        base = score_continuations(model, before, [value], device="cpu")[0]
    assert tuned != base
    assert bits_of(model, tokenizer, place, "cpu") == pytest.approx(
        (base / math.log(2), (base - tuned) / math.log(2)), abs=1e-3
    )


@pytest.mark.parametrize(
    ("value", "base_bits", "over", "the_rows", "source"),
    [
        (1, 5.0, 0.0, True, "rows"),  # It stands in the rows, whatever the base thinks of it.
        (2, 60.0, 30.0, True, "base"),  # The base says it too.
        (3, 60.0, 2.0, True, "base"),  # The base finds it as likely.
        (3, 15.0, 6.0, True, "base"),  # In no row, and a word that comes up by chance.
        (3, 15.0, 6.0, False, "unknown"),  # The same, but the run was trained on other rows.
        (3, 15.0, 12.0, True, "unknown"),  # In no row, but the tuned model expects it there.
        (3, 60.0, 30.0, True, "unknown"),  # Nobody says such a thing by chance.
    ],
)
def test_where_a_hidden_value_comes_from(
    value: int, base_bits: float, over: float, the_rows: bool, source: str
) -> None:
    sources = Sources({1: [7]}, {2}, are_the_rows=the_rows)
    assert sources.of(value, base_bits, over) == source


@pytest.mark.parametrize(
    ("text", "entity", "expected"),
    [
        ("Ahoy", "PERSON", False),
        ("Sunday", "LOCATION", False),
        ("Ink hugs", "PERSON", False),
        ("andready", "ADDRESS", False),
        ("Alejandra Quillfeather", "PERSON", True),
        ("12 Quillon Court", "ADDRESS", True),
        ("ma@torpor.example", "EMAIL_ADDRESS", True),
    ],
)
def test_everyday_words_are_not_listed(text: str, entity: str, expected: bool) -> None:
    assert says_something(text, entity) is expected
