"""project.yaml as typed settings: what goes in comes out, and a misspelt knob is told, not ignored."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import SpecError
from engine.spec import DataSpec, ModelSpec, ProjectSpec, RecipeSpec, RedactionSpec
from engine.spec_text import dump_spec, parse_spec, valid_keys, with_settings
from engine.steps import take_step

FILE = Path("voice/project.yaml")
HEAD = "version: 1\nname: voice\ncreated: 2026-11-22T02:00:00Z\n"


def fresh() -> ProjectSpec:
    return ProjectSpec(name="voice", created=datetime(2026, 11, 22, 2, tzinfo=UTC))


def full() -> ProjectSpec:
    spec = fresh().model_copy(
        update={
            "model": ModelSpec(source="org/name", kind="hub", revision="abc", licence="apache-2.0"),
            "data": DataSpec(path="/data/chats.csv", shape="prompt_completion", mapping={"prompt": "question: ä"}),
            "redaction": RedactionSpec(known_values=["Maya", "- 'x': #y", "2024"], residual=0),
            "recipe": RecipeSpec(learning_rate=1e-5, targets=["q_proj", "v_proj"], gradient_checkpointing="auto"),
            "run": "train-20261122-020000-ab12",
        }
    )
    return take_step("model", spec)


@pytest.mark.parametrize("spec", [fresh(), full()], ids=["fresh", "full"])
def test_what_is_written_is_read_again(spec: ProjectSpec) -> None:
    assert parse_spec(dump_spec(spec), FILE) == spec


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(codec="utf-8"), max_size=40))
def test_any_text_survives(text: str) -> None:
    spec = fresh().model_copy(update={"redaction": RedactionSpec(known_values=[text])})
    assert parse_spec(dump_spec(spec), FILE) == spec


@pytest.mark.parametrize(
    ("body", "line", "key", "nearest"),
    [
        ("recipe:\n  rank: 8\n  learning_rte: 0.1\n", 6, "recipe.learning_rte", "recipe.learning_rate"),
        ("recpie:\n  rank: 8\n", 4, "recpie", "recipe"),
        ("redaction:\n  profil: thorough\n", 5, "redaction.profil", "redaction.profile"),
        ("rank: 8\n", 4, "rank", "recipe.rank"),
        ("data:\n  path: x\n  mappings: {}\n", 6, "data.mappings", "data.mapping"),
    ],
)
def test_an_unknown_key_names_file_line_key_and_the_nearest(body: str, line: int, key: str, nearest: str) -> None:
    with pytest.raises(SpecError) as told:
        parse_spec(HEAD + body, FILE)
    assert told.value.title == f"Unknown key `{key}`."
    assert told.value.what.startswith(f"{FILE}:{line}:")
    assert told.value.hint == f"Did you mean `{nearest}`?"
    assert told.value.exit_code == 2


@pytest.mark.parametrize(
    ("body", "line", "key"),
    [
        ("recipe:\n  rank: many\n", 5, "recipe.rank"),
        ("recipe:\n  rank: 0\n", 5, "recipe.rank"),
        ("recipe:\n  quantization: fp4\n", 5, "recipe.quantization"),
        ("data:\n  path: x\n  holdout: 0.9\n", 6, "data.holdout"),
    ],
)
def test_a_value_that_does_not_fit_names_its_line(body: str, line: int, key: str) -> None:
    with pytest.raises(SpecError) as told:
        parse_spec(HEAD + body, FILE)
    assert told.value.title == f"`{key}` cannot be used."
    assert told.value.what.startswith(f"{FILE}:{line}:")


@pytest.mark.parametrize("text", ["", "just words", "- a\n- b\n", "name: [unclosed", "a: 1\n\tb: 2\n", "\x00"])
def test_what_is_no_settings_file_is_told_in_words(text: str) -> None:
    with pytest.raises(SpecError) as told:
        parse_spec(text, FILE)
    assert str(FILE) in told.value.what
    assert told.value.hint


def test_settings_are_applied_to_a_copy() -> None:
    before = fresh()
    after = with_settings(
        before,
        [
            "recipe.rank=32",
            "recipe.learning_rate=1e-4",
            "redaction.known_values=[Maya, Uppsala]",
            "recipe.packing=true",
        ],
    )
    assert before.recipe.rank == 16
    assert (after.recipe.rank, after.recipe.learning_rate, after.recipe.packing) == (32, 1e-4, True)
    assert after.redaction.known_values == ["Maya", "Uppsala"]


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ("recipe.rnk=3", "Did you mean `recipe.rank`?"),
        ("rank=3", "Did you mean `recipe.rank`?"),
        ("recipe.rank", "Write it as recipe.rank=32."),
        ("=3", "Write it as recipe.rank=32."),
        ("name.first=3", "Write it as recipe.rank=32."),
        ("recipe.optimizer=adamm", "Give `recipe.optimizer` a valid value."),
        ("recipe.targets=[]", "Give `recipe.targets` a valid value."),
        ("recipe.rank=", "Give `recipe.rank` a valid value."),
    ],
)
def test_a_setting_that_cannot_be_is_refused(setting: str, told: str) -> None:
    with pytest.raises(SpecError) as error:
        with_settings(fresh(), [setting])
    assert error.value.hint == told


def test_a_preset_brings_its_knobs_and_the_others_come_after_it() -> None:
    recipe = with_settings(fresh(), ["recipe.alpha=99", "recipe.preset=small-dataset"]).recipe
    assert (recipe.preset, recipe.rank, recipe.dropout, recipe.alpha) == ("small-dataset", 8, 0.15, 99)
    with pytest.raises(SpecError, match="no recipe `smal-dataset`"):
        with_settings(fresh(), ["recipe.preset=smal-dataset"])


@pytest.mark.parametrize(
    ("setting", "title", "what"),
    [
        ("recipe.gradient_checkpointing=maybe", "`recipe.gradient_checkpointing` cannot", "boolean"),
        ("recipe.gradient_checkpointing=maybe", "`recipe.gradient_checkpointing` cannot", "'auto'"),
        ("recipe.targets=5", "`recipe.targets` cannot", "valid string"),
        ("recipe.learning_rate=.inf", "`recipe.learning_rate` cannot", "finite"),
        ("recipe.epochs=1e300", "`recipe.epochs` cannot", "10000"),
        ("recipe.seed=-5", "`recipe.seed` cannot", "greater than or equal to 0"),
        ("recipe.seed=99999999999", "`recipe.seed` cannot", "4294967295"),
        ("compute.port=1", "`compute.port` cannot", "1024"),
        ("recipe.dropout=no", "`recipe.dropout` cannot", ": a number is wanted"),
        ("recipe.max_steps=yes", "`recipe.max_steps` cannot", ": a number is wanted"),
    ],
)
def test_what_is_wrong_names_the_knob_and_what_it_takes(setting: str, title: str, what: str) -> None:
    with pytest.raises(SpecError) as error:
        with_settings(fresh(), [setting])
    assert error.value.title.startswith(title)
    assert what in error.value.what


def test_a_setting_with_broken_yaml_is_refused() -> None:
    with pytest.raises(SpecError):
        with_settings(fresh(), ["recipe.rank=[3"])


def test_valid_keys_are_dotted() -> None:
    keys = valid_keys(ProjectSpec)
    assert {"recipe", "recipe.rank", "model.source", "data.mapping", "redaction.profile"} <= set(keys)


def test_a_key_that_is_given_twice_is_told() -> None:
    with pytest.raises(SpecError) as told:
        parse_spec(f"{HEAD}recipe:\n  rank: 8\n  alpha: 8\n  rank: 64\n", FILE)
    assert told.value.what == f"{FILE}:7: `rank` is given twice."


@pytest.mark.parametrize("run", ["../../elsewhere", "a/b", "..", "/etc", ""])
def test_a_run_is_a_folder_of_this_project(run: str) -> None:
    with pytest.raises(SpecError, match="`run` cannot be used"):
        parse_spec(f"{HEAD}run: '{run}'\n", FILE)


@pytest.mark.parametrize("name", ["caf\udce9.jsonl", "\ud800"])
def test_what_could_not_be_read_again_is_not_written(name: str) -> None:
    with pytest.raises(SpecError, match="not UTF-8"):
        dump_spec(fresh().model_copy(update={"name": name}))
