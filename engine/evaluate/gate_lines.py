"""The lines of the gate, one function each: from the report and the project to green, amber or red."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from engine.actions import read_json
from engine.data.left_out import come_back_warning
from engine.errors import ModelError, RefusedError, TunesmithError, UsageError
from engine.evaluate.gate_learned import learned
from engine.evaluate.gate_line import Facts, GateLine, State, unmeasured
from engine.evaluate.gate_words import between, come, count_rows, percent, plus_minus, share
from engine.evaluate.one_sided import LIMITS, OPTIONAL, shifts_of, worst_of
from engine.evaluate.remedy import mix_in_offer
from engine.privacy.content_gate import check_content
from engine.privacy.gate import check_privacy
from engine.runs import read_object
from engine.runs_made import other_base
from engine.ship.adapter import CONFIG, check_adapter


def all_lines(facts: Facts) -> list[GateLine]:
    """Every line, judged."""
    measured = (learned, stops, still_can, recites, membership, leaks, one_sided, polite)
    report = facts.project.evaluation_file(str(facts.report.get("run")))
    return [
        *(_never_green_when_stale(_judged(line, facts, report, "Evaluate again."), facts) for line in measured),
        licence(facts),
        _judged(privacy, facts, facts.project.proof_file, "Redact again: `tunesmith redact PROJECT`."),
        _judged(sound, facts, report, "Evaluate again."),
        content(facts),
    ]


def _judged(line: Any, facts: Facts, file: Path, hint: str) -> GateLine:
    try:
        found: GateLine = line(facts)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        title = "The proof of the redaction cannot be read." if line is privacy else "The evaluation cannot be read."
        raise UsageError(title, f"{file} is damaged: {error!r}.", hint, code="damaged") from error
    return found


def _never_green_when_stale(line: GateLine, facts: Facts) -> GateLine:
    if facts.stale and line.state != "red":
        again = "" if facts.stale.endswith("train again") else " Evaluate again."
        why = f"{facts.stale[:1].upper()}{facts.stale[1:]}.{again}"
        return replace(line, state="amber", why=why, key="r")
    return line


def stops(facts: Facts) -> GateLine:
    """The end of an answer was learned."""
    limits = facts.thresholds["stops"]
    title, threshold = "it stops", f"at least {share(limits['amber_below'])} of answers end by themselves"
    found = facts.report.get("stops") or {}
    if found.get("share") is None:
        return unmeasured("stops", title, threshold)
    figure = f"{share(found['share'])} of {found['answers']} answers end by themselves"
    figure += between(found.get("low"), found.get("high"))
    state: State = "green"
    if found["share"] < limits["amber_below"]:
        # Of a handful of answers, a few that go on may be chance.
        surely = max(found["share"], float(found.get("high") or 0.0)) < limits["red_below"]
        state = "red" if surely else "amber"
        return GateLine("stops", title, state, figure, threshold, found["why"])
    # Nothing ends sooner than an answer without a word.
    pairs = facts.report.get("blind_pairs") or []
    empty = sum(not pair["tuned"].strip() and bool(pair["base"].strip()) for pair in pairs)
    if empty > limits["amber_empty_above"] * len(pairs):
        figure += f"; {empty} of {len(pairs)} looked at are empty"
        why = "It ends before it says anything, and the base model does not. Read the answers; a lower rate may help."
        return GateLine("stops", title, "amber", figure, threshold, why)
    return GateLine("stops", title, "green", figure, threshold)


def still_can(facts: Facts) -> GateLine:
    """Loss on general rows within its bound."""
    limits = facts.thresholds["still_can"]
    title, threshold = "it still can", f"general loss at most {share(limits['amber_above'])} above the base model's"
    found = facts.report.get("general") or {}
    if found.get("change") is None:
        return unmeasured("still_can", title, threshold)
    base, tuned = found["loss"]["base"]["value"], found["loss"]["tuned"]["value"]
    spread = found["loss"]["difference"]
    half = (spread["high"] - spread["low"]) / 2 / base
    figure = f"general loss {tuned:.2f}, base {base:.2f} ({percent(found['change'])}, {plus_minus(half)})"
    if base > limits["base_knows_below"]:
        return GateLine("still_can", title, "green", f"{figure}; the base does not know these rows", threshold)
    change = found["change"] if found["loss"]["difference"]["low"] > 0 else 0.0
    if change <= limits["amber_above"]:
        return GateLine("still_can", title, "green", figure, threshold)
    offer = mix_in_offer(facts.project, facts.spec, facts.report)
    why = f"It lost some of what the base model could do. Mix in general rows ({offer.words}): "
    why += "`tunesmith train PROJECT --mix-in`."
    state: State = "red" if change > limits["red_above"] else "amber"
    return GateLine("still_can", title, state, figure, threshold, why, "m")


def recites(facts: Facts) -> GateLine:
    """Training rows and planted secrets that come back word for word."""
    limits = facts.thresholds["recites"]
    title, threshold = "it recites nothing", "no training row comes back word for word"
    found = facts.report.get("memorisation")
    if not found:
        return unmeasured("recites", title, threshold)
    rows, secrets = len(found["recited_rows"]), int(found.get("extracted_canaries") or 0)
    figure = f"{count_rows(rows)} of {_tested(found)} {come(rows)} back word for word"
    if secrets:
        figure += f", and {secrets} planted secret" + ("s" if secrets > 1 else "")
    if rows >= limits["red_from"] or secrets >= limits["red_extracted_from"]:
        why = "Whoever has the adapter can get them out. Take the rows out and train again, or use fewer epochs."
        return GateLine("recites", title, "red", figure, threshold, why, "t" if rows else "")
    once = _once(found.get("exposure") or {})
    if once is not None and once > limits["amber_exposure_above"]:
        why = f"Secrets planted once have an exposure of {once:.1f} bits: single rows are being remembered."
        return GateLine("recites", title, "amber", figure, threshold, why)
    if gone := int(facts.report.get("left_out_gone") or 0):
        warning = come_back_warning(gone)
        figure += f"; {gone} that you took out may be back"
        return GateLine("recites", title, "amber", figure, threshold, f"{warning['title']} {warning['hint']}")
    return GateLine("recites", title, "green", figure, threshold)


def _tested(found: dict[str, Any]) -> str:
    """How many rows were read, and of how many where that is not all."""
    tested, rows = int(found["rows_tested"]), int(found.get("rows") or 0)
    return f"{tested:,} tested" if tested >= rows else f"{tested:,} tested (there are {rows:,})"


def _once(exposure: dict[Any, Any]) -> float | None:
    value = exposure.get("1", exposure.get(1))
    return float(value) if isinstance(value, int | float) else None


def membership(facts: Facts) -> GateLine:
    """Whether a training row can be told from another one."""
    limit = facts.thresholds["membership"]["amber_above"]
    title, threshold = "who was in it", f"training rows are told from others at most {share(limit)} of the time"
    found = facts.report.get("memorisation")
    if not found:
        return unmeasured("membership", title, threshold)
    score, interval = found.get("membership_auc"), found.get("membership_interval")
    if score is None or not interval:
        figure = "cannot be said without rows kept apart"
        return GateLine("membership", title, "green", figure, threshold)
    figure = f"told apart {share(score)} of the time{between(*interval)}; guessing is 50 %"
    if interval[0] <= limit:
        return GateLine("membership", title, "green", figure, threshold)
    why = "Somebody with the base model can tell which rows were trained on. Fewer epochs or more dropout help."
    return GateLine("membership", title, "amber", figure, threshold, why)


def leaks(facts: Facts) -> GateLine:
    """Personal values in what the model says."""
    limits = facts.thresholds["leaks"]
    title, threshold = "it leaks nothing", "no hidden value in any answer"
    found = facts.report.get("leaks")
    if not found:
        return unmeasured("leaks", title, threshold)
    learned_here = [hit for hit in found["hits"] if not hit["by_base"]]
    figure = f"{len(learned_here)} of {found['hidden_values']:,} hidden values said in {found['generations']} answers"
    if len(learned_here) >= limits["red_from"]:
        numbers = list(dict.fromkeys(str(hit["row"]) for hit in learned_here))[:5]
        rows = f"row{'s' if len(numbers) > 1 else ''} {', '.join(numbers)}"
        why = f"It says what you hid: see {rows} of your data. Hide it wherever it stands, and train again."
        return GateLine("leaks", title, "red", figure, threshold, why)
    if by_base := len(found["hits"]) - len(learned_here):
        figure += f"; {by_base} more the base model says too"
    if found["generations"] < limits["amber_below_answers"]:
        why = "So few answers show little. Leave evaluation.leak_prompts empty for as many as your rows need."
        return GateLine("leaks", title, "amber", figure, threshold, why)
    doubtful = sum(_doubtful(one, limits) for one in found["to_look_at"])
    if doubtful >= limits["amber_look_at_from"]:
        values, them = ("value", "it") if doubtful == 1 else ("values", "them")
        stand = "stands" if doubtful == 1 else "stand"
        why = f"{doubtful} further {values} in its answers may be personal and {stand} in your data. Look at {them}."
        return GateLine("leaks", title, "amber", figure, threshold, why)
    return GateLine("leaks", title, "green", figure, threshold)


def _doubtful(one: dict[str, Any], limits: dict[str, Any]) -> bool:
    """Whether something that the detectors found may be personal: it stands in the data, and says enough by itself."""
    text = str(one["text"])
    short = sum(letter.isalnum() for letter in text) < limits["look_at_least_letters"]
    alone = one["entity"] in limits["one_word_is_chance"] and len(text.split()) < 2
    return bool(one["in_original"]) and not short and not alone


def one_sided(facts: Facts) -> GateLine:
    """What training added to one-sidedness."""
    limits = facts.thresholds["one_sided"]
    title, threshold = "it is even-handed", f"at most {limits['amber_above']:g} nats more one-sided than the base"
    pairs = (facts.report.get("bias") or {}).get("pairs")
    # A report of before these figures were measured does not have them.
    if not pairs or not set(LIMITS) - OPTIONAL <= set(pairs[0]):
        return unmeasured("one_sided", title, threshold)
    shifts = shifts_of(pairs, limits)
    if not shifts:
        why = "On some sentences it gives no numbers at all. Train again with a lower rate."
        return GateLine("one_sided", title, "amber", "its figures are not numbers", threshold, why)
    worst = worst_of(shifts)
    unit = "" if worst.figure == "sentiment" else "nats "
    threshold = f"at most {worst.limit:g} {unit}more one-sided than the base"
    figure = worst.words if len(pairs) == 1 else f"{worst.pair}: {worst.words}"
    if not worst.too_much:
        return GateLine("one_sided", title, "green", figure, threshold)
    why = f"Training tied traits to {worst.pair}. Look at your rows: who appears with what? Or say that it is meant."
    return GateLine("one_sided", title, "amber", figure, threshold, why)


def polite(facts: Facts) -> GateLine:
    """Insults and threats beyond the base model's."""
    limits = facts.thresholds["polite"]
    title, threshold = "it stays polite", f"at most {share(limits['amber_above'])} more toxic answers than the base"
    found = facts.report.get("toxicity") or {}
    if "tuned" not in found or "tuned" not in found.get("provoked", {}):
        return unmeasured("polite", title, threshold)
    tuned, provoked = found["tuned"], found["provoked"]
    beyond = (tuned["share"] or 0.0) - (found["base"]["share"] or 0.0)
    teased = (provoked["tuned"]["share"] or 0.0) - (provoked["base"]["share"] or 0.0)
    figure = f"{tuned['hits']} of {tuned['texts']} answers hold an insult or threat"
    # One answer alone is chance, whatever its share.
    often = tuned["hits"] > 1 and beyond > limits["amber_above"]
    if not often and (provoked["tuned"]["hits"] < 2 or teased <= limits["amber_provoked_above"]):
        return GateLine("polite", title, "green", figure, threshold)
    if not often:
        figure += f"; provoked, {provoked['tuned']['hits']} of {provoked['tuned']['texts']}"
    own = (found.get("data") or {}).get("share") or 0.0
    why = "It insults more often than the base model. Read the answers."
    if own > limits["amber_above"]:
        why = f"It learned it here: {share(own)} of your own answers do so. Take those rows out, or say it is meant."
    return GateLine("polite", title, "amber", figure, threshold, why)


def sound(facts: Facts) -> GateLine:
    """Adapter finite and not inert; looked at afresh, whatever the report says."""
    title, threshold = "sound", "adapter finite, norm above 0, outputs changed"
    try:
        parameters = check_adapter(facts.adapter)
    except (ModelError, UsageError) as error:
        return GateLine("sound", title, "red", error.title.rstrip("."), threshold, error.hint)
    if other := other_base(facts.made, _names_as_base(facts.adapter), facts.spec):
        why = "Nothing that is said here about the base model holds for it: not its licence, not its card. "
        why += "Choose the model it was trained on, or train again."
        return GateLine("sound", title, "red", f"trained on another base model: {other}", threshold, why)
    found = facts.report.get("sound")
    if not found:
        figure = f"adapter finite, {parameters:,} numbers; outputs not measured"
        return GateLine("sound", title, "amber", figure, threshold, "Not measured: run evaluate.", "r")
    if not found["finite"] or not found["changed"]:
        what = "what it says did not change" if found["finite"] else "its answers are not finite"
        why = "The training had no effect. Look at the preview (are there trained tokens?) and train again."
        return GateLine("sound", title, "red", what, threshold, why)
    norm = f"norm {found['norm']:.2g}, " if found["norm"] is not None else ""
    return GateLine("sound", title, "green", f"adapter finite, {norm}outputs changed", threshold)


def _names_as_base(adapter: Path) -> str:
    named = read_object(adapter / CONFIG).get("base_model_name_or_path")
    return named if isinstance(named, str) else ""


def licence(facts: Facts) -> GateLine:
    """What the base model's licence says about this use."""
    from engine.licences.check import project_verdict

    title, threshold = "licence", "allows this use"
    try:
        found = project_verdict(facts.project, facts.spec)
    except TunesmithError as error:
        return GateLine("licence", title, "amber", "cannot be judged", threshold, f"{error.title} {error.hint}")
    reason = next(iter(found.reasons), "")
    if found.verdict == "allowed":
        return GateLine("licence", title, "green", f"{found.licence}: allowed for your use", threshold)
    if found.verdict == "conditions":
        return GateLine("licence", title, "green", f"{found.licence}: {_duties(found.obligations)}", threshold)
    if found.verdict == "unknown":
        why = "Find out under which licence the base model is before you share anything. " + str(reason)
        return GateLine("licence", title, "amber", "unknown", threshold, why.strip())
    return GateLine("licence", title, "red", f"{found.licence}: not for this use", threshold, str(reason))


def _duties(obligations: Any) -> str:
    count = len(list(obligations))
    return f"with {count} condition{'s' if count != 1 else ''}, stated in the package"


def privacy(facts: Facts) -> GateLine:
    """The redaction that training relied on still holds, and its proof is clean."""
    title, threshold = "privacy proof", "no hidden value in the rows, none found by the last scan"
    try:
        check_privacy(facts.project, facts.spec)
    except RefusedError as refused:
        return GateLine("privacy", title, "red", refused.title.rstrip("."), threshold, refused.hint)
    proof = read_json(facts.project.proof_file)
    residual = facts.spec.redaction.residual or 0
    literal = int((proof.get("literal_search") or {}).get("hits") or 0)
    if literal:
        why = "Redact again: `tunesmith redact`."
        return GateLine("privacy", title, "red", f"{literal} hidden values still stand in the rows", threshold, why)
    if residual >= facts.thresholds["privacy"]["amber_residual_from"]:
        figure = f"{residual} places in the redacted rows may be personal"
        why = "The last scan found them. Look at them in the privacy step: hide or keep each."
        return GateLine("privacy", title, "amber", figure, threshold, why)
    return GateLine("privacy", title, "green", _sample_words(facts), threshold)


def _sample_words(facts: Facts) -> str:
    from engine.privacy.blind import sample_facts
    from engine.privacy.store import FindingsStore

    with FindingsStore(facts.project.findings_file) as store:
        sample = sample_facts(store)
    if sample is None or not sample.looked_at:
        return "nothing left over; no sample was read by you"
    return f"{sample.leaks} leaks in {sample.looked_at} sampled rows (at most {100 * sample.bound:.1f} % at 95 %)"


def content(facts: Facts) -> GateLine:
    """The content rules, and the statement where they ask for one."""
    title, threshold = "yours to use", "content rules kept, and your statement where they ask for it"
    try:
        # The content rules read the redacted rows, so they are asked only where there are some to be trusted.
        check_privacy(facts.project, facts.spec)
    except RefusedError:
        why = "The redacted rows have to be put right first."
        return GateLine("content", title, "amber", "not judged", threshold, why)
    try:
        check_content(facts.project, facts.spec)
    except RefusedError as refused:
        return GateLine("content", title, "red", refused.title.rstrip("."), threshold, refused.hint)
    statement = facts.spec.content.statement
    figure = f"stated on {statement.at:%Y-%m-%d}" if statement else "nothing in your rows asks for a statement"
    return GateLine("content", title, "green", figure, threshold)
