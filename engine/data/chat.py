"""A chat as the text the model's own template makes of it, and which stretches of that text are the answers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from jinja2 import TemplateError
from transformers.utils.chat_template_utils import render_jinja_template

from engine.data.shapes import Message
from engine.errors import ModelError
from engine.machine import PRESETS

CHATML_FILE = PRESETS / "templates" / "chatml.jinja"
_MARKERS = re.compile(r"\{%-?\s*generation\s*-?%\}")
_TURN_ENDS = ("<|im_end|>", "<|eot_id|>", "<|eom_id|>", "<end_of_turn>", "<turn|>", "<|end|>", "<|END_OF_TURN_TOKEN|>")
"""Tokens that well-known templates end a turn with, beside the tokenizer's own EOS."""

Span = tuple[int, int]
"""Characters [first, last) of an answer, its end-of-turn token included."""


@dataclass(frozen=True)
class ChatText:
    """A rendered chat.

    Args:
        text: As the template made it.
        spans: The answers in it, in order.
    """

    text: str
    spans: tuple[Span, ...]


class _Refused(Exception):
    """The template cannot render these turns, or not so that the answers can be found."""

    def __init__(self, code: Literal["template_refused", "template_mask"], what: str) -> None:
        super().__init__(what)
        self.code, self.what = code, what


class ChatTemplate:
    """The chat template of a tokenizer, or the common one.

    Args:
        tokenizer: A transformers tokenizer.
        choice: "model" for the tokenizer's own template, "chatml" for the one in `presets/templates`.

    Raises:
        ModelError: Code "no_chat_template": the tokenizer has none.
    """

    def __init__(self, tokenizer: Any, choice: Literal["model", "chatml"]) -> None:
        self.source = self._source(tokenizer, choice)
        self.variables = dict(tokenizer.special_tokens_map)
        self.ends = [tokenizer.eos_token] if tokenizer.eos_token else []
        self.ends += [token for token in _TURN_ENDS if token not in self.ends]
        self.turn_ends = set(self.ends)
        special = {token.content for token in tokenizer.added_tokens_decoder.values() if token.special}
        self._special = tuple(special | set(tokenizer.all_special_tokens)) or ("\0",)
        words = sorted((token for token in self._special if token.strip()), key=len, reverse=True)
        self._control = re.compile("|".join(map(re.escape, words)) or "(?!)")
        self.keeps_system = self._keeps_system()
        if not self.marked and not self._shows_answers() and (form := _training_form(tokenizer)):
            self.source = form

    @staticmethod
    def _source(tokenizer: Any, choice: Literal["model", "chatml"]) -> str:
        if choice == "chatml":
            return CHATML_FILE.read_text(encoding="utf-8")
        if not tokenizer.chat_template:
            raise ModelError(
                "This model comes without a chat template.",
                "The rows are chats, and the tokenizer does not say how it wants turns to be written.",
                "Use the common one (set model.chat_template=chatml), or choose the model's instruct (chat) version.",
                code="no_chat_template",
            )
        try:
            return str(tokenizer.get_chat_template())
        except ValueError as error:
            raise ModelError(
                "This model has several chat templates and none is the default.",
                str(error).splitlines()[0],
                "Use the common one: set model.chat_template=chatml.",
                code="no_chat_template",
            ) from error

    @property
    def marked(self) -> bool:
        """Whether the template itself says which part is the answer."""
        return bool(_MARKERS.search(self.source))

    def render(self, messages: Sequence[Message]) -> ChatText:
        """Render a chat and find its answers.

        A system turn the template does not know is put before the first user turn; turns of the same speaker in a
        row are joined where the template insists on taking turns.

        Raises:
            ModelError: Code "template_refused": the template does not allow these turns. Code "template_mask": it
                renders them, but the answers cannot be told from the rest. Code "control_token": a message holds one
                of the tokenizer's special tokens, which would end the turn (or begin one) in its middle.
        """
        self._check_control_tokens(messages)
        refused: _Refused | None = None
        for turns in self._attempts(messages):
            try:
                return self._render(turns)
            except _Refused as error:
                refused = refused or error
        assert refused is not None
        if refused.code == "template_refused":
            title = "The model's chat template does not allow this chat."
            hint = "Correct the order of its turns, or set model.chat_template=chatml."
        else:
            title = "The model's chat template does not show where the answers are."
            hint = "Set model.chat_template=chatml, or add {% generation %} marks around the answer in the template."
        raise ModelError(title, refused.what, hint, code=refused.code)

    def prompt(self, messages: Sequence[Message]) -> str:
        """The text after which the model is to answer the last of these turns.

        Raises:
            ModelError: Code "template_refused".
        """
        refused: _Refused | None = None
        for turns in self._attempts(messages):
            try:
                return self._text(turns, prompt=True)
            except _Refused as error:
                refused = refused or error
        what = refused.what if refused else ""
        raise ModelError(
            "The model's chat template does not allow this chat.",
            what,
            "Correct the order of its turns, or set model.chat_template=chatml.",
            code="template_refused",
        )

    def _check_control_tokens(self, messages: Sequence[Message]) -> None:
        for number, message in enumerate(messages, start=1):
            if found := self._control.search(message.content):
                raise ModelError(
                    "A message holds a control mark of the model.",
                    f"`{found.group()}` stands in turn {number}, written by the {message.role}.",
                    "Take it out of the data: the chat template adds such marks itself.",
                    code="control_token",
                )

    def _attempts(self, messages: Sequence[Message]) -> Iterator[list[Message]]:
        """The chat as it is, then in forms that more templates allow."""
        turns = list(messages)
        has_system = any(turn.role == "system" for turn in turns)
        if self.keeps_system or not has_system:
            yield turns
        if has_system:
            turns = _merge_system(turns)
            yield turns
        if len(joined := _join_turns(turns)) < len(turns):
            yield joined

    def _render(self, turns: list[Message]) -> ChatText:
        if self.marked:
            texts, indices = self._jinja(turns, return_assistant_tokens_mask=True)
            text, spans = texts[0], [(int(first), int(last)) for first, last in indices[0]]
            if not spans:
                raise _Refused("template_mask", "Its generation marks enclose nothing.")
        else:
            text = self._text(turns)
            spans = self._spans_by_prefix(text, turns)
        return ChatText(text, tuple(self._with_end(text, first, last) for first, last in spans))

    def _spans_by_prefix(self, text: str, turns: list[Message]) -> list[Span]:
        """Where the answers are: what each adds to the text of the turns before it and the prompt to answer them."""
        spans = []
        for number, turn in enumerate(turns):
            if turn.role != "assistant":
                continue
            before = self._text(turns[:number], prompt=True) if number else self._opening(text, turn)
            after = text if number == len(turns) - 1 else self._text(turns[: number + 1])
            if not (text.startswith(before) and text.startswith(after) and len(after) > len(before)):
                raise _Refused(
                    "template_mask", f"What it writes for turn {number + 1} changes with the turns that follow."
                )
            spans.append((len(before), len(after)))
        return spans

    def _opening(self, text: str, turn: Message) -> str:
        """What stands before an answer that opens the chat. Many templates cannot render a prompt without a turn."""
        try:
            if text.startswith(before := self._text([], prompt=True)):
                return before
        except _Refused:
            pass
        return text[: max(0, text.find(turn.content.strip()))]

    def _with_end(self, text: str, first: int, last: int) -> Span:
        """The span of an answer, made to end with its end-of-turn token where there is one."""
        answer = text[first:last].rstrip()
        if answer.endswith(self._special):
            self.turn_ends.add(next(token for token in self._special if answer.endswith(token)))
            return first, first + len(answer)
        for end in self.ends:
            if text.startswith(end, last):
                return first, last + len(end)
        return first, last

    def _text(self, turns: list[Message], *, prompt: bool = False) -> str:
        texts, _ = self._jinja(turns, add_generation_prompt=prompt)
        return str(texts[0])

    def _jinja(self, turns: list[Message], **options: Any) -> tuple[list[str], list[list[Span]]]:
        chat = [{"role": turn.role, "content": turn.content} for turn in turns]
        try:
            rendered: tuple[list[str], list[list[Span]]] = render_jinja_template(
                [chat], chat_template=self.source, **options, **self.variables
            )
        except (TemplateError, TypeError, ValueError, KeyError, AttributeError) as error:
            first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
            raise _Refused("template_refused", f"It says: {first}") from error
        return rendered

    def _keeps_system(self) -> bool:
        """Whether a system turn comes out of the template at all; some refuse it, some drop it silently."""
        probe = "tunesmith probe"
        try:
            return probe in self._text([Message("system", probe), Message("user", "Hello"), Message("assistant", "Hi")])
        except _Refused:
            return False

    def _shows_answers(self) -> bool:
        """Whether the answers of an ordinary chat can be found by comparing prefixes."""
        probe = [
            Message("user", "One"),
            Message("assistant", "Two"),
            Message("user", "Three"),
            Message("assistant", "4"),
        ]
        try:
            return bool(self._render(probe).spans)
        except _Refused as refused:
            return refused.code != "template_mask"


def _training_form(tokenizer: Any) -> str | None:
    """The form of a well-known template that TRL keeps for training, with generation marks; None if it has none.

    Some templates (Qwen3's) write a turn differently once another follows it, so prefixes tell nothing.
    """
    from trl.chat_template_utils import get_training_chat_template

    try:
        form: str | None = get_training_chat_template(tokenizer)
    except ValueError:
        return None
    return form


def _merge_system(turns: list[Message]) -> list[Message]:
    """The chat with its system text put before the first user turn."""
    system = "\n\n".join(turn.content for turn in turns if turn.role == "system")
    rest = [turn for turn in turns if turn.role != "system"]
    for number, turn in enumerate(rest):
        if turn.role == "user":
            return [*rest[:number], Message("user", f"{system}\n\n{turn.content}"), *rest[number + 1 :]]
    return [Message("user", system), *rest]


def _join_turns(turns: list[Message]) -> list[Message]:
    """The chat with turns of the same speaker in a row joined to one."""
    joined: list[Message] = []
    for turn in turns:
        if joined and joined[-1].role == turn.role:
            joined[-1] = Message(turn.role, f"{joined[-1].content}\n\n{turn.content}")
        else:
            joined.append(turn)
    return joined
