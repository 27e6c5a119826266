"""From an example to what the model sees: token ids, and for each of them whether it is learned.

Learned are the answers with the token that ends them, never the questions. A plain text is learned whole, with an
end-of-sequence token added. A row that is too long keeps its beginning.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal

from engine.data.chat import ChatTemplate, Span
from engine.data.shapes import Example, Message
from engine.errors import ModelError

HEAD_CHARS = 64
"""Characters for each allowed token that are tokenized: text has 1 to 6 in a token, and megabytes take seconds."""
_HEAD_LEAST = 65_536

Piece = tuple[str, bool]
"""A stretch of the row's text, and whether it is learned."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """One row as the model sees it.

    Args:
        input_ids: Token ids, at most `max_length`.
        trained: For each of them, whether its prediction is learned.
        text_pieces: The text of these tokens in stretches; empty unless asked for.
        eos_trained: Whether the last learned token is the end-of-sequence or the template's end-of-turn token.
        cut_tokens: How many tokens were cut off at the end; of a row of more than `HEAD_CHARS` characters for each
            allowed token an estimate, from the tokens of its beginning.
        index: Of the row in the file.
        line: Of the row in the file, 1-based.
    """

    input_ids: list[int]
    trained: list[bool]
    text_pieces: tuple[Piece, ...]
    eos_trained: bool
    cut_tokens: int
    index: int = 0
    line: int = 0

    @property
    def supervised(self) -> int:
        """How many tokens are learned."""
        return sum(self.trained)


@dataclass(frozen=True)
class _Source:
    """The text of a row before it is tokens, with the tokens that are added around it."""

    text: str
    spans: tuple[Span, ...]
    before: tuple[int, ...] = field(default=())
    after: tuple[int, ...] = field(default=())


class Renderer:
    """Renders rows with one tokenizer and chat template.

    Args:
        tokenizer: A fast transformers tokenizer.
        chat_template: "model" for the tokenizer's own template, "chatml" for the common one.

    Raises:
        ModelError: Code "slow_tokenizer": the tokenizer cannot say which characters a token stands for.
    """

    def __init__(self, tokenizer: Any, chat_template: Literal["model", "chatml"] = "model") -> None:
        if not getattr(tokenizer, "is_fast", False):
            raise ModelError(
                "This model's tokenizer cannot be used.",
                "It has no tokenizer.json, so nobody can tell which characters each token stands for.",
                "Choose a version of the model that comes with a tokenizer.json.",
                code="slow_tokenizer",
            )
        self.tokenizer = tokenizer
        self.choice = chat_template
        # One shared int object per token: the ids of a large dataset then take 8 bytes each, not 36.
        self._shared = list(range(max(len(tokenizer), max(tokenizer.get_vocab().values(), default=0) + 1)))

    @property
    def has_template(self) -> bool:
        """Whether chats can be rendered."""
        return self.choice == "chatml" or bool(self.tokenizer.chat_template)

    @cached_property
    def template(self) -> ChatTemplate:
        """The chat template in use; its `source` belongs beside the adapter.

        Raises:
            ModelError: Code "no_chat_template".
        """
        return ChatTemplate(self.tokenizer, self.choice)

    def render(self, example: Example, max_length: int) -> Rendered:
        """Render one row, with its text pieces.

        Raises:
            ModelError: Codes "no_chat_template", "template_refused", "template_mask".
        """
        result = self.render_many([example], max_length, pieces=True)[0]
        if isinstance(result, ModelError):
            raise result
        return result

    def render_many(
        self, examples: Sequence[Example], max_length: int, *, pieces: bool = False
    ) -> list[Rendered | ModelError]:
        """Render several rows at once, which is faster; a row the template refuses gives its error in its place.

        Raises:
            ModelError: Code "no_chat_template".
        """
        sources = [self._source(example) for example in examples]
        texts = [source.text for source in sources if isinstance(source, _Source)]
        encoded = iter(self._encode_heads(texts, max_length))
        results: list[Rendered | ModelError] = []
        for example, source in zip(examples, sources, strict=True):
            if isinstance(source, ModelError):
                results.append(source)
            else:
                ids, offsets, beyond = next(encoded)
                row = self._rendered(example, source, ids, offsets, max_length, pieces=pieces)
                results.append(replace(row, cut_tokens=row.cut_tokens + beyond) if beyond else row)
        return results

    def prompt_ids(self, messages: Sequence[Message]) -> list[int]:
        """The tokens after which the model is to answer these turns.

        Raises:
            ModelError: Codes "no_chat_template", "template_refused".
        """
        ids, _ = next(iter(self._encode([self.template.prompt(messages)])))
        return ids

    def _source(self, example: Example) -> _Source | ModelError:
        bos, eos = self._outer_tokens
        if example.messages is None:
            text = example.text or ""
            return _Source(text, ((0, len(text)),), bos, eos)
        if example.plain and not self.has_template:
            prompt, completion = (message.content for message in example.messages)
            text = prompt + completion
            return _Source(text, ((len(prompt), len(text)),), bos, eos)
        template = self.template
        try:
            chat = template.render(example.messages)
        except ModelError as error:
            return error
        return _Source(chat.text, chat.spans)

    @cached_property
    def _outer_tokens(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """What stands around plain text: the BOS if the tokenizer puts one, and the EOS if there is one."""
        ids = self.tokenizer("a", verbose=False)["input_ids"]
        bos, eos = self.tokenizer.bos_token_id, self.tokenizer.eos_token_id
        return (bos,) if bos is not None and ids[:1] == [bos] else (), (eos,) if eos is not None else ()

    def _encode_heads(self, texts: list[str], max_length: int) -> list[tuple[list[int], list[Span], int]]:
        """Token ids, offsets, and how many tokens the part that was not looked at would have, by its length."""
        head = max(_HEAD_LEAST, HEAD_CHARS * max_length)
        results = []
        for text, (ids, offsets) in zip(texts, self._encode([text[:head] for text in texts]), strict=True):
            if len(text) <= head:
                results.append((ids, offsets, 0))
            elif len(ids) < max_length + HEAD_CHARS:
                results.append((*self._encode([text])[0], 0))
            else:
                results.append((ids, offsets, round(len(ids) * (len(text) - head) / head)))
        return results

    def _encode(self, texts: list[str]) -> list[tuple[list[int], list[Span]]]:
        if not texts:
            return []
        # verbose=False: no remark about rows longer than the model's context; cutting them is our business.
        batch = self.tokenizer(
            texts,
            add_special_tokens=False,
            truncation=False,
            padding=False,
            return_attention_mask=False,
            return_offsets_mapping=True,
            verbose=False,
        )
        return list(zip(batch["input_ids"], batch["offset_mapping"], strict=True))

    def _rendered(
        self, example: Example, source: _Source, ids: list[int], offsets: list[Span], max_length: int, *, pieces: bool
    ) -> Rendered:
        trained = _mask(offsets, source.spans)
        whole = [*source.before, *ids, *source.after]
        mask = [False] * len(source.before) + trained + [True] * len(source.after)
        kept, mask = whole[:max_length], mask[:max_length]
        last = next((token for token, learned in zip(reversed(kept), reversed(mask), strict=True) if learned), None)
        return Rendered(
            input_ids=[self._shared[token] for token in kept],
            trained=mask,
            text_pieces=self._pieces(source, offsets, mask) if pieces else (),
            eos_trained=last is not None and last in self._end_ids,
            cut_tokens=len(whole) - len(kept),
            index=example.index,
            line=example.line,
        )

    @cached_property
    def _end_ids(self) -> frozenset[int]:
        """Ids of the EOS token and, once chats were rendered, of the template's end-of-turn tokens."""
        ids = {self.tokenizer.eos_token_id}
        if "template" in self.__dict__:
            known = self.tokenizer.get_vocab()
            ids |= {known[token] for token in self.template.turn_ends if token in known}
        return frozenset(ids - {None})

    def _pieces(self, source: _Source, offsets: list[Span], mask: list[bool]) -> tuple[Piece, ...]:
        """The text of the kept tokens, in stretches of learned and not learned."""
        inner = mask[len(source.before) :][: len(offsets)]
        pieces: list[Piece] = [(self.tokenizer.decode([token]), False) for token in source.before]
        begin = 0
        for number in range(1, len(inner) + 1):
            if number < len(inner) and inner[number] == inner[number - 1]:
                continue
            if number < len(inner):
                end = offsets[number][0]
            else:
                end = len(source.text) if number == len(offsets) else offsets[number - 1][1]
            pieces.append((source.text[begin:end], inner[number - 1]))
            begin = end
        room = len(mask) - len(source.before) - len(offsets)
        pieces += [(self.tokenizer.decode([token]), True) for token in source.after[: max(0, room)]]
        return tuple(pieces)


def _mask(offsets: list[Span], spans: Sequence[Span]) -> list[bool]:
    """Whether each token touches a span. A token across the border is learned: the model has to produce it whole."""
    trained = [False] * len(offsets)
    if not offsets:
        return trained
    starts, ends = zip(*offsets, strict=True)
    for first, last in spans:
        begin, stop = bisect_right(ends, first), bisect_left(starts, last)
        trained[begin:stop] = [True] * (stop - begin)
    return trained
