"""Write the demo dataset: `chats.jsonl`, and `planted.yaml` with every personal value that was put into it.

The chats are those of a made-up illustrator and streamer, Juno Vale, with fans and sponsors. Everything is invented;
phones, e-mail domains and the card number come from ranges kept for examples. The same seed gives the same bytes.

    python -m presets.demo.make_data [FOLDER]
"""

from __future__ import annotations

import json
import random
import sys
from dataclasses import dataclass, field
from pathlib import Path

from presets.demo import people
from presets.demo.people import Person
from presets.demo.templates import SLOT, Chat, Templates, fill, read_templates

HERE = Path(__file__).resolve().parent
SEED = 20260
PLAIN_ROWS = 142
PERSONAL_ROWS = 73
SPONSOR_ROWS = 18

# Bad on purpose, as 1-based lines of the finished file.
TRUNCATED_LINE = 58
EMPTY_LINE = 121
DUPLICATE_LINE = 203
DUPLICATED_LINE = 17

_TYPES = {
    "name": "PERSON",
    "first": "PERSON",
    "friend": "PERSON",
    "handle": "USERNAME",
    "email": "EMAIL",
    "phone": "PHONE",
    "address": "ADDRESS",
    "born": "DATE_OF_BIRTH",
    "card": "CREDIT_CARD",
    "api_key": "SECRET",
    "password": "SECRET",
}
Row = dict[str, list[dict[str, str]]]


def person_slots(writer: Person, friend: Person) -> dict[str, str]:
    """What the personal slots of one chat stand for."""
    return {
        "name": writer.name,
        "first": writer.name.split()[0],
        "friend": friend.name,
        "handle": writer.handle,
        "email": writer.email,
        "phone": writer.phone,
        "address": writer.address,
        "born": writer.born,
        "card": people.CARD,
        "api_key": people.API_KEY,
        "password": people.PASSWORD,
    }


def is_plain(turns: Chat) -> bool:
    """Whether no personal slot occurs; only such chats are written in a hurry, all in lower case."""
    return not any(slot in _TYPES for turn in turns for slot in SLOT.findall(turn))


@dataclass
class ChatWriter:
    """Fills templates, and notes the personal values it used in `planted`."""

    templates: Templates
    rng: random.Random
    planted: dict[str, set[str]] = field(default_factory=dict)

    def filled(self, text: str, slots: dict[str, str]) -> str:
        """`text` with its slots filled.

        `slots` is extended, so that a `{piece}` stays the same through a whole chat; `{count}` and `{wow}` vary.
        """

        def value_of(slot: str) -> str:
            if slot in ("count", "wow", "hello", "bye"):
                return self.rng.choice(self.templates.words[slot])
            if slot not in slots:
                slots[slot] = self.rng.choice(self.templates.words[slot])
            if slot in _TYPES:
                self.planted.setdefault(_TYPES[slot], set()).add(slots[slot])
            return slots[slot]

        return fill(text, self.rng, value_of)

    def chat(self, turns: Chat, among: tuple[Person, ...]) -> Row:
        """One row: Juno greets before the first answer and signs off after the last; one in five has a system turn."""
        system = self.rng.random() < 0.2
        writer, friend = self.rng.sample(among, 2)
        slots = person_slots(writer, friend)
        hurried = is_plain(turns) and self.rng.random() < 0.25
        messages = [{"role": "system", "content": self.rng.choice(self.templates.lines["systems"])}] if system else []
        for index, turn in enumerate(turns):
            role = "assistant" if index % 2 else "user"
            text = "{hello} " + turn if index == 1 else turn
            text = text + " {bye}" if index % 2 and index == len(turns) - 1 else text
            text = self.filled(text, slots)
            messages.append({"role": role, "content": text.lower() if role == "user" and hurried else text})
        return {"messages": messages}

    def rows(self, count: int, section: str, among: tuple[Person, ...]) -> list[Row]:
        """`count` different rows from the templates of `section`, which take turns."""
        chats = self.templates.chats[section]
        rows: list[Row] = []
        seen: set[str] = set()
        while len(rows) < count:
            row = self.chat(chats[len(rows) % len(chats)], among)
            key = json.dumps([message for message in row["messages"] if message["role"] != "system"])
            if key not in seen:
                seen.add(key)
                rows.append(row)
        return rows


def spoil(texts: list[str]) -> None:
    """Put in the three lines that are bad on purpose: one cut short, one with an empty answer, one a duplicate."""
    cut = {"role": "assistant", "content": "Only when the cat has the right one, and then"}
    row = {"messages": [{"role": "user", "content": "Do you ever draw with your left hand?"}, cut]}
    texts.insert(TRUNCATED_LINE - 1, json.dumps(row)[:-5])
    empty = {"role": "assistant", "content": ""}
    row = {"messages": [{"role": "user", "content": "Is the shop open on the weekend?"}, empty]}
    texts.insert(EMPTY_LINE - 1, json.dumps(row))
    texts.insert(DUPLICATE_LINE - 1, texts[DUPLICATED_LINE - 1])


def make() -> tuple[list[str], dict[str, list[str]]]:
    """The lines of `chats.jsonl` and the planted values by type.

    Returns:
        The lines without line ends, and `{type: sorted values}` of all values that occur in them.
    """
    rng = random.Random(SEED)
    writer = ChatWriter(read_templates(HERE / "chat_lines.txt"), rng)
    rows = writer.rows(PLAIN_ROWS, "plain", people.FANS)
    rows += writer.rows(PERSONAL_ROWS, "personal", people.FANS)
    rows += writer.rows(SPONSOR_ROWS, "sponsored", people.SPONSORS)
    rows += writer.rows(len(writer.templates.chats["single"]), "single", people.FANS)
    rng.shuffle(rows)
    texts = [json.dumps(row, ensure_ascii=False) for row in rows]
    spoil(texts)
    return texts, {kind: sorted(values) for kind, values in sorted(writer.planted.items())}


def planted_text(planted: dict[str, list[str]]) -> str:
    """`planted.yaml`: strings are written as JSON strings, which YAML reads as they are."""
    head = "# Every personal value in chats.jsonl, by type. All of them are invented. Written by make_data.py.\n"
    parts = [f"{kind}:\n" + "".join(f"  - {json.dumps(value)}\n" for value in planted[kind]) for kind in planted]
    return head + "".join(parts)


def main(folder: Path = HERE) -> None:
    """Write both files to `folder` and say what is in them."""
    texts, planted = make()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "chats.jsonl").write_bytes(("\n".join(texts) + "\n").encode())
    (folder / "planted.yaml").write_bytes(planted_text(planted).encode())
    values = [value for kind in planted.values() for value in kind]
    touched = sum(any(value in text for value in values) for text in texts)
    kinds = ", ".join(f"{kind} {len(found)}" for kind, found in planted.items())
    print(f"{len(texts)} lines, {touched} with personal values: {kinds}")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)
