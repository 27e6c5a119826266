"""The verdict on a model, a dataset and a use: allowed, conditions, refused or unknown, with reasons and obligations.

Pure: what was read comes in as a `Chain` and a `DataLicence`. Every model of the chain is judged by its own terms and
the worst outcome holds: refused before unknown before conditions before allowed. This is advice about terms, in our
words; the texts decide.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any, Literal

from engine.licences.chain import Chain, Link
from engine.licences.regions import in_region, is_region
from engine.licences.terms import UNKNOWN, Exclusion, Said, Terms, load_terms
from engine.spec import UseSpec

Outcome = Literal["allowed", "conditions", "unknown", "refused"]

ADVICE = "This is advice about licence terms, not legal advice: the texts decide, and a lawyer can tell what they mean."
OWN = "own"
"""The licence of data that the creator wrote."""
_ORDER: tuple[Outcome, ...] = ("allowed", "conditions", "unknown", "refused")


@dataclass(frozen=True)
class DataLicence:
    """The licence of a dataset.

    Args:
        licence: An id, `own`, `unknown`, or empty where nobody said anything and nothing was found.
        where: Who says so.
        texts: sha256 of what was read.
    """

    licence: str = ""
    where: str = ""
    also: tuple[str, ...] = ()
    texts: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Verdict:
    """What may be done, why, and what has to be done for it.

    Args:
        licence: The licence that decides; `unknown` where one of the chain is.
        applies: All licences that hold, the deciding one first; also those of the data.
        reasons: Sentences, the telling ones first.
        obligations: What the creator has to do, or the product does for them.
        sources: Where it stands and where it was read.
        texts: sha256 of every text it rests on.
        rests_on: Fingerprint of all this; another one needs another look.
    """

    verdict: Outcome
    licence: str
    applies: tuple[str, ...] = ()
    data_licence: str = ""
    reasons: tuple[str, ...] = ()
    obligations: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    texts: dict[str, str] = field(default_factory=dict)
    rests_on: str = ""

    def as_dict(self) -> dict[str, Any]:
        """The command line's answer."""
        return {
            "verdict": self.verdict,
            "license": self.licence,
            "reasons": list(self.reasons),
            "obligations": list(self.obligations),
            "sources": list(self.sources),
            "licenses": list(self.applies),
            "data_license": self.data_licence or None,
            "texts": self.texts,
            "advice": ADVICE,
        }


@dataclass
class _Findings:
    """What one licence means for the use, gathered."""

    outcome: Outcome = "allowed"
    refusals: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    obligations: list[str] = field(default_factory=list)

    def worse(self, outcome: Outcome) -> None:
        self.outcome = max(self.outcome, outcome, key=_ORDER.index)

    def refuse(self, reason: str) -> None:
        self.worse("refused")
        self.refusals.append(reason)

    def doubt(self, reason: str) -> None:
        self.worse("unknown")
        self.doubts.append(reason)


def judge(chain: Chain, use: UseSpec, data: DataLicence | None = None) -> Verdict:
    """The verdict on a chain of models, a dataset and a use. `data`: None leaves the dataset out of it."""
    judged: list[tuple[Link, Terms, _Findings]] = []
    unknown: list[Link] = []
    for link in chain.links:
        for licence in dict.fromkeys((link.licence, *link.also)):
            if licence in load_terms():
                terms = load_terms()[licence]
                judged.append((link, terms, _by_terms(terms, use, link, alone=len(chain.links) == 1)))
        if link.licence == UNKNOWN:
            unknown.append(link)
    parts = [findings for _, _, findings in judged]
    reasons = [reason for part in parts for reason in part.refusals]
    reasons += [f"{link.name}: {link.why_unknown}." for link in unknown]
    of_data = _of_data(data, use)
    outcomes = [part.outcome for part in (*parts, of_data)]
    if unknown or not parts:
        outcomes.append("unknown")
    outcome = max(outcomes, key=_ORDER.index)
    reasons += [*of_data.refusals, *of_data.doubts, *_conflicts(chain)]
    reasons += [doubt for part in parts for doubt in part.doubts]
    reasons += [note for link in chain.links for note in link.notes]
    reasons += [reason for part in (*parts, of_data) for reason in part.reasons]
    deciding = _deciding(judged, bool(unknown))
    applies = [terms.id for _, terms, _ in sorted(judged, key=lambda entry: entry[1].strictness, reverse=True)]
    used = [terms for _, terms, _ in judged] + (
        [load_terms()[data.licence]] if data and data.licence in load_terms() else []
    )
    texts = {**chain.texts, **(data.texts if data else {})}
    verdict = Verdict(
        verdict=outcome,
        licence=deciding,
        applies=tuple(dict.fromkeys(([deciding] if deciding != UNKNOWN else []) + applies)),
        data_licence=data.licence if data else "",
        reasons=_sentences(reasons),
        obligations=_sentences([duty for part in (*parts, of_data) for duty in part.obligations]),
        sources=_sources(chain, data, used),
        texts=texts,
        rests_on=_fingerprint(chain, data, use, texts),
    )
    return verdict


def _by_terms(terms: Terms, use: UseSpec, link: Link | None = None, *, alone: bool = True) -> _Findings:
    """What one licence means for a use; `link` is None for a dataset."""
    findings = _Findings("allowed" if terms.kind == "open" else "conditions")
    who = f"{terms.name} (the data)" if link is None else terms.name if alone else f"{terms.name} ({link.name})"
    answer = getattr(terms.uses, use.use)
    if answer == "no":
        why = "; ".join(str(note) for note in terms.use_notes) or terms.summary
        findings.refuse(f"{who} does not allow {use.use} use: {why}")
    else:
        findings.reasons.append(f"{who}: {terms.summary}")
        findings.reasons += [f"{who}: {note}" for note in terms.use_notes]
        findings.reasons += [f"{who}, the output: {terms.outputs}"] if terms.outputs and terms.improve_others else []
        findings.reasons += [f"{who}, how it ends: {terms.ends}"] if terms.ends and terms.kind != "open" else []
    _users(findings, terms, use, who)
    for exclusion in terms.excluded:
        _region(findings, exclusion, use, link, who)
    if use.adult and link is not None:
        _adult(findings, terms, who)
    findings.obligations += _duties(terms, sharing_data=link is None)
    return findings


def _users(findings: _Findings, terms: Terms, use: UseSpec, who: str) -> None:
    cap = terms.user_cap
    if cap is None or (cap.commercial_only and use.use != "commercial"):
        return
    if use.monthly_users > cap.limit:
        findings.refuse(
            f"{who}: with more than {cap.limit:,} {cap.counted}, a separate licence of the makers is needed; you said "
            f"{use.monthly_users:,} ({cap.where})"
        )
    else:
        findings.reasons.append(f"{who}: above {cap.limit:,} {cap.counted}, a separate licence is needed ({cap.where})")


def _region(findings: _Findings, exclusion: Exclusion, use: UseSpec, link: Link | None, who: str) -> None:
    multimodal = link.multimodal if link else False
    if exclusion.models == "multimodal" and multimodal is False:
        return
    says = f"{who}: {exclusion.says.rstrip('.')} ({exclusion.where})"
    if use.region is None:
        findings.reasons.append(f"{says}. You did not say where you are")
    elif not is_region(use.region):
        findings.doubt(f"{says}. You said {use.region}, which is no region that we know")
    elif not in_region(use.region, exclusion.regions):
        return
    elif exclusion.models == "multimodal" and multimodal is None:
        findings.doubt(f"{says}. Nothing tells whether this one reads pictures")
    else:
        findings.refuse(f"{says}. You said {use.region}")


def _adult(findings: _Findings, terms: Terms, who: str) -> None:
    notes = [f"{who}, sexual content: {note}" for note in terms.adult.notes]
    match terms.adult.stance:
        case "prohibited":
            findings.worse("refused")
            findings.refusals += notes
        case "unclear":
            findings.worse("unknown")
            findings.doubts += notes
        case "conditions":
            findings.worse("conditions")
            findings.reasons += notes
            findings.obligations += [_rule(note, terms) for note in terms.adult.notes[1:]]
        case _:
            findings.reasons += notes or [f"{who}, sexual content: the text has no rule about it; the law has"]


def _duties(terms: Terms, *, sharing_data: bool) -> list[str]:
    """What whoever shares the tuned model has to do. What `engine.licences.duties` does by itself says so."""
    asked, where = terms.attribution, f" ({terms.name}, {terms.attribution.where})" if terms.attribution.where else ""
    duties: list[str] = []
    if asked.name_prefix:
        duties.append(f'The name of what you share begins with "{asked.name_prefix}"{where}. tunesmith names it so.')
    if asked.display:
        duties.append(
            f'Show "{asked.display}" where you offer it: on a page, in the product or its documentation{where}. '
            "tunesmith puts it into the card."
        )
    if asked.statement:
        duties.append(
            f'Say in public statements: "{asked.statement.format(name="NAME")}"{where}. '
            "tunesmith puts it into the card."
        )
    if asked.notice:
        duties.append(f'Ship a Notice file that says "{asked.notice}"{where}. tunesmith adds it.')
    if asked.copy_ and not sharing_data:
        added = (
            "tunesmith adds it."
            if terms.text
            else f"tunesmith adds the one beside the model, if there is one: {terms.link}"
        )
        duties.append(f"Ship a copy of the licence{where}. {added}")
    if asked.credit:
        duties.append(
            f"Credit the makers and link to the licence{where}. tunesmith names model and licence in the card."
        )
    if asked.keep_notices and not sharing_data:
        duties.append(f"Keep copyright and other notices{where}. tunesmith ships those beside the model.")
    if asked.changes:
        duties.append(f"Say that it was changed{where}. The card does.")
    if asked.pass_on:
        duties.append(
            f"Bind those you give it to by the same use restrictions{where}. The card says so; your terms must too."
        )
    if terms.copyleft:
        duties.append(_rule(terms.copyleft, terms))
    if not terms.share_changed:
        duties.append(f"Do not share what you make from it ({terms.name}, {terms.use_notes[-1].where}).")
    if terms.outputs and not terms.improve_others:
        duties.append(_rule(terms.outputs, terms))
    duties += [_rule(rule, terms) for rule in terms.acceptable_use]
    return duties


def _rule(rule: Said, terms: Terms) -> str:
    return f"{rule.says.rstrip('.')} ({', '.join(filter(None, (terms.name, rule.where)))})"


def _of_data(data: DataLicence | None, use: UseSpec) -> _Findings:
    findings = _Findings()
    if data is None or data.licence == OWN:
        return findings
    if not data.licence:
        findings.worse("conditions")
        findings.obligations.append("Say whose the data is: `own`, or the licence it came under.")
        findings.reasons.append("Nobody said under which licence the data is, and nothing was found beside it")
        return findings
    for licence in dict.fromkeys((data.licence, *data.also)):
        if licence in load_terms():
            part = _by_terms(load_terms()[licence], use)
            findings.worse(part.outcome)
            findings.refusals += part.refusals
            findings.reasons += part.reasons
            findings.obligations += part.obligations
    if data.licence not in load_terms():
        findings.doubt(f"The licence of the data is unknown: {data.where or data.licence}")
    return findings


def _conflicts(chain: Chain) -> list[str]:
    """Where a model says less than what it was made from."""
    own = chain.links[0] if chain.links else None
    if own is None:
        return []
    said = [load_terms()[one] for one in (own.licence, *own.also) if one in load_terms()]
    conflicts = []
    for base in chain.links[1:]:
        held = load_terms().get(base.licence)
        if held and said and max(one.strictness for one in said) < held.strictness:
            conflicts.append(
                f"Conflict: {own.name} says {said[0].id}, but {base.name} is under {held.id}, and what is made from it "
                "is bound by that. The stricter terms hold"
            )
    return conflicts


def _deciding(judged: list[tuple[Link, Terms, _Findings]], unknown: bool) -> str:
    """The licence that decides: of those that refuse the strictest, else unknown, else the strictest."""
    refusing = [terms for _, terms, findings in judged if findings.outcome == "refused"]
    if refusing:
        return max(refusing, key=lambda terms: terms.strictness).id
    if unknown or not judged:
        return UNKNOWN
    return max((terms for _, terms, _ in judged), key=lambda terms: terms.strictness).id


def _sources(chain: Chain, data: DataLicence | None, used: list[Terms]) -> tuple[str, ...]:
    sources = [f"{link.name}: {source}" for link in chain.links for source in link.sources]
    if data and data.where:
        sources.append(f"data: {data.where}")
    for terms in used:
        read = terms.sources[0]
        sources.append(f"{terms.name}: {terms.link} (read on {read.date}: {read.read})")
        sources += [f"{terms.name}, not verified: {item}" for item in terms.not_verified]
    return tuple(dict.fromkeys(sources))


def _fingerprint(chain: Chain, data: DataLicence | None, use: UseSpec, texts: dict[str, str]) -> str:
    content = {
        "chain": [(link.name, link.licence, sorted(link.also)) for link in chain.links],
        "data": [data.licence, sorted(data.also)] if data else None,
        "use": use.model_dump(mode="json"),
        "texts": texts,
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]


def _sentences(found: list[str]) -> tuple[str, ...]:
    """Each once, each with its full stop."""
    return tuple(dict.fromkeys(one if one.endswith((".", ":")) else f"{one}." for one in found if one))
