"""From a redacted file to rows of tokens; and the two jobs of the data room."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.data.jobs import run_check, run_preview, write_preview
from engine.data.prepare import Prepared, prepare
from engine.errors import DataError, ModelError, PrivacyRefusedError, StoppedError
from engine.files import sha256_of
from engine.jobs.context import JobContext
from engine.jobs.emit import EventWriter
from engine.jobs.folder import new_job
from engine.project import Project, create_project
from engine.spec import DataSpec, ModelSpec, ProjectSpec
from engine.steps import step_statuses
from tests.tiny_model import make_tiny_model
from tests.tokenizers_of_ours import CHATML, GEMMA, make_tokenizer


def chat(question: str, answer: str) -> str:
    turns = [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    return json.dumps({"messages": turns})


CHATS = [chat(f"hello number {number}", f"the answer {number}") for number in range(100)]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return create_project(tmp_path / "voice")[0]


def set_up(project: Project, lines: list[str], name: str = "rows.jsonl", **recipe: Any) -> ProjectSpec:
    """A project whose redacted file holds these lines. The original lies elsewhere and holds something else."""
    original = project.root.parent / name
    original.write_text("\n".join(lines).replace("hello", "hullo") + "\n")
    redacted = project.root / "privacy" / f"redacted{original.suffix}"
    redacted.parent.mkdir(exist_ok=True)
    redacted.write_text("\n".join(lines) + "\n")
    model = ModelSpec(source="tiny", kind="folder", path=str(make_tiny_model(project.root.parent / "tiny")))

    def change(spec: ProjectSpec) -> ProjectSpec:
        redaction = spec.redaction.model_copy(update={"path": f"privacy/{redacted.name}"})
        changed = {
            "data": DataSpec(path=str(original)),
            "redaction": redaction,
            "model": model,
            "recipe": spec.recipe.model_copy(update=recipe),
        }
        return spec.model_copy(update=changed)

    return project.update(change)


@pytest.fixture
def job(project: Project) -> Iterator[JobContext]:
    folder = new_job(project.root, "check", {})
    writer = EventWriter(folder.events_file)
    yield JobContext(folder, project, {}, writer)
    writer.close()


def test_only_the_redacted_file_is_read(project: Project, caplog: pytest.LogCaptureFixture) -> None:
    spec = set_up(project, CHATS)
    tokenizer = make_tokenizer(CHATML)
    told: list[tuple[int, int, str]] = []
    with caplog.at_level(logging.WARNING):
        prepared = prepare(project, spec, tokenizer, lambda *now: told.append(now))
    assert caplog.records == []
    rows = [*prepared.train, *prepared.holdout]
    texts = {tokenizer.decode(row.input_ids) for row in rows}
    assert len(texts) == 100
    assert all("hello" in text and "hullo" not in text for text in texts)
    assert len(prepared.holdout) >= 1
    assert prepared.tokens == sum(len(row.input_ids) for row in prepared.train)
    assert prepared.supervised_tokens == sum(sum(row.trained) for row in prepared.train)
    assert 0 < prepared.supervised_tokens < prepared.tokens
    assert (prepared.eos_supervised_share, prepared.truncated, prepared.dropped) == (1.0, 0, 0)
    assert prepared.template == CHATML
    assert all(row.text_pieces == () for row in rows)
    assert told[-1][0] == told[-1][1]


def test_bad_and_repeated_rows_are_dropped_and_counted(project: Project) -> None:
    spec = set_up(project, [*CHATS, CHATS[0], chat("q", ""), "{"])
    prepared = prepare(project, spec, make_tokenizer(CHATML))
    assert prepared.dropped == 3
    assert prepared.reasons == {"duplicate": 1, "empty_answer": 1, "truncated_json": 1}
    assert [note.line for note in prepared.notes] == [101, 102, 103]


def test_cut_rows(project: Project) -> None:
    lines = [*CHATS, chat("long", "word " * 200), chat("long " * 200, "never reached")]
    spec = set_up(project, lines, max_length=100)
    prepared = prepare(project, spec, make_tokenizer(CHATML))
    assert (prepared.truncated, prepared.dropped) == (1, 1)
    assert prepared.reasons == {"nothing_to_learn": 1}
    assert 0.9 < prepared.eos_supervised_share <= 1
    assert max(len(row.input_ids) for row in [*prepared.train, *prepared.holdout]) == 100
    spec = set_up(project, lines, max_length=100, long_rows="drop")
    prepared = prepare(project, spec, make_tokenizer(CHATML))
    assert (prepared.truncated, prepared.dropped, prepared.reasons["too_long"]) == (0, 2, 2)


def test_nothing_to_learn(project: Project) -> None:
    spec = set_up(project, CHATS, max_length=8)
    with pytest.raises(DataError) as caught:
        prepare(project, spec, make_tokenizer(CHATML))
    assert caught.value.error_code == "nothing_to_learn"
    assert "100 rows have no answer within the first 8 tokens" in caught.value.what
    assert "recipe.max_length" in caught.value.hint
    spec = set_up(project, CHATS, max_length=8, long_rows="drop")
    with pytest.raises(DataError) as caught:
        prepare(project, spec, make_tokenizer(CHATML))
    assert "long_rows" in caught.value.hint


def test_chats_the_template_refuses_are_dropped_unless_all_are(project: Project) -> None:
    backwards = json.dumps({"messages": [{"role": "assistant", "content": "a"}, {"role": "user", "content": "b"}]})
    tokenizer = make_tokenizer(GEMMA, "<|end_of_text|>")
    prepared = prepare(project, set_up(project, [*CHATS, backwards]), tokenizer)
    assert (prepared.refused, prepared.reasons) == (1, {"template_refused": 1})
    with pytest.raises(ModelError) as caught:
        prepare(project, set_up(project, [backwards]), tokenizer)
    assert caught.value.error_code == "template_refused"


def test_no_template(project: Project) -> None:
    with pytest.raises(ModelError) as caught:
        prepare(project, set_up(project, CHATS), make_tokenizer(None))
    assert caught.value.error_code == "no_chat_template"


def test_plain_text_needs_none(project: Project) -> None:
    prepared = prepare(project, set_up(project, ["one two", "three"], "rows.txt"), make_tokenizer(None))
    assert (len(prepared.train), prepared.template) == (2, None)
    assert prepared.tokens == prepared.supervised_tokens


def test_not_redacted(project: Project) -> None:
    spec = set_up(project, CHATS)
    bare = spec.model_copy(update={"redaction": spec.redaction.model_copy(update={"path": None})})
    with pytest.raises(DataError) as caught:
        prepare(project, bare, make_tokenizer(CHATML))
    assert caught.value.error_code == "not_redacted"


def test_stop(project: Project) -> None:
    asked = iter([False] * 20 + [True])
    with pytest.raises(StoppedError):
        prepare(project, set_up(project, CHATS), make_tokenizer(CHATML), stop=lambda: next(asked))


def test_twice_gives_the_same(project: Project) -> None:
    spec = set_up(project, CHATS)
    first, second = (prepare(project, spec, make_tokenizer(CHATML)) for _ in range(2))
    assert isinstance(first, Prepared)
    assert first == second


def test_a_row_of_five_megabytes_is_cut(project: Project) -> None:
    spec = set_up(project, [*CHATS, chat("tell me all", "hello there " * 420_000)])
    prepared = prepare(project, spec, make_tokenizer(CHATML))
    assert prepared.truncated == 1
    longest = max([*prepared.train, *prepared.holdout], key=lambda row: row.cut_tokens)
    assert len(longest.input_ids) == spec.recipe.max_length


def test_check_job(project: Project, job: JobContext) -> None:
    spec = set_up(project, [*CHATS, CHATS[0], "{"])
    assert spec.data is not None
    result = run_check(job)
    assert {key: result[key] for key in ("rows", "usable", "bad", "duplicates", "shape", "format")} == {
        "rows": 102,
        "usable": 100,
        "bad": 2,
        "duplicates": 1,
        "shape": "messages",
        "format": "jsonl",
    }
    report = json.loads(project.check_file.read_text())
    assert report["bad"][1]["kind"] == "truncated_json"
    now = project.load()
    assert now.data is not None
    assert (now.data.sha256, now.data.shape) == (sha256_of(Path(spec.data.path)), "auto")
    assert {status.step: status.state for status in step_statuses(now)}["data"] == "done"
    json.dumps(result)


def test_check_job_without_data_or_stopped(project: Project, job: JobContext) -> None:
    with pytest.raises(DataError, match="No dataset"):
        run_check(job)
    set_up(project, CHATS)
    job.stop.set()
    with pytest.raises(StoppedError):
        run_check(job)
    assert not project.check_file.exists()


def test_preview_is_refused_before_redaction(project: Project, job: JobContext) -> None:
    set_up(project, CHATS)
    with pytest.raises(PrivacyRefusedError):
        run_preview(job)
    assert not project.preview_folder.exists()


def test_preview_files(project: Project, job: JobContext) -> None:
    many = [chat(f"hello number {number}", f"the answer {number}") for number in range(300)]
    spec = set_up(project, [*many, "{", chat("long", "word " * 300), chat("longer", "word " * 400)], max_length=128)
    tokenizer = make_tokenizer(CHATML)
    summary = write_preview(job, spec, tokenizer)
    assert summary == json.loads((project.preview_folder / "summary.json").read_text())
    rows = [json.loads(line) for line in (project.preview_folder / "rows.jsonl").read_text().splitlines()]
    assert [row["index"] for row in rows] == [*range(200), 301, 302]
    assert (summary["rows"], summary["truncated"], summary["dropped"], summary["shown"]) == (302, 2, 1, 202)
    assert summary["train_rows"] + summary["holdout_rows"] == 302
    assert sum(row["holdout"] for row in rows) > 0
    assert summary["longest_line"] == 303
    assert summary["longest_tokens"] == rows[-1]["tokens"] == 128 + rows[-1]["cut_tokens"]
    assert summary["dropped_reasons"] == {"truncated_json": 1}
    assert summary["template"] == "model"
    assert rows[0]["eos_trained"]
    assert not rows[-1]["eos_trained"]
    text = "<|im_start|>user\nhello number 0<|im_end|>\n<|im_start|>assistant\n"
    assert rows[0]["pieces"] == [[text, False], ["the answer 0<|im_end|>", True], ["\n", False]]
