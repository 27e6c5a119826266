"""The files of licences are whole and true to their texts; texts are recognised, and changed ones are not."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from engine.errors import SpecError, UsageError
from engine.licences.match import match_text, words
from engine.licences.regions import EU, in_region, known_regions, region_code
from engine.licences.statements import card_statements
from engine.licences.terms import FOLDER, TEXTS, family_of, find_terms, load_families, load_terms
from engine.models.catalogue import load_catalogue

_WANTED = (
    "apache-2.0 mit bsd-2-clause bsd-3-clause cc-by-4.0 cc-by-sa-4.0 cc-by-nc-4.0 cc-by-nc-sa-4.0 cc-by-nd-4.0 cc0-1.0 "
    "odc-by odbl llama2 llama3 llama3.1 llama3.2 llama3.3 llama4 gemma qwen tongyi-qianwen qwen-research mrl mnpl-0.1 "
    "deepseek falcon-llm-license falcon-180b-license yi-license creativeml-openrail-m openrail++ openrail "
    "bigscience-bloom-rail-1.0 cohere-cc-by-nc gpl-2.0 gpl-3.0 lgpl-2.1 lgpl-3.0 agpl-3.0 mpl-2.0 epl-2.0 isc "
    "unlicense busl-1.1 c-uda cdla-permissive-2.0 cdla-sharing-1.0 pddl etalab-2.0 openmdw-1.1 exaone "
    "nvidia-open-model-license exaone-1.2-nc tencent-hunyuan-community minimax-model-license "
    "stability-ai-community databricks-open-model-license"
)


def test_all_licences_are_there_and_say_where_they_were_read() -> None:
    terms = load_terms()
    assert set(_WANTED.split()) <= set(terms)
    for licence, one in terms.items():
        assert (FOLDER / f"{licence}.yaml").is_file(), licence
        assert all(source.where and source.read and source.date.year == 2026 for source in one.sources), licence
        assert one.link.startswith("https://"), licence
        assert one.text or one.not_verified or licence in ("mrl", "openrail"), f"{licence} has no text and hides it"
        assert not re.search('["“”]', one.summary), f"{licence}: the summary is in our words"


def test_families_name_licences_that_exist() -> None:
    families = load_families()
    assert len(families.families) > 30
    assert all(family.basis or family.not_verified for family in families.families)
    assert {one.licence for one in families.families} <= set(load_terms())


@pytest.mark.parametrize("licence", sorted(set(load_terms()) - {"cohere-cc-by-nc"}))
def test_our_texts_are_known_again(licence: str) -> None:
    text = load_terms()[licence].text
    if text is None:
        assert load_terms()[licence].titles or licence == "openrail", "without a text it takes a title to know it"
        return
    found = match_text((TEXTS / text).read_text(encoding="utf-8"))
    assert (found.licence, found.how, found.others) == (licence, "text", ())
    assert found.score > 0.99


@pytest.mark.parametrize("licence", [licence for licence, terms in load_terms().items() if terms.text])
def test_a_sentence_more_is_another_licence(licence: str) -> None:
    """What is added decides, wherever it stands."""
    text = (TEXTS / str(load_terms()[licence].text)).read_text(encoding="utf-8")
    for changed in (f"Not for commercial use.\n\n{text}", f"{text}\n\nOnly for research purposes."):
        found = match_text(changed)
        assert found.how == "changed", (licence, found)
        assert found.licence == "unknown"


@pytest.mark.parametrize(
    ("text", "licence", "how"),
    [
        ("MIT", "mit", "name"),
        ("Apache 2.0", "apache-2.0", "name"),
        ("Apache License\n   Version 2.0, January 2004", "apache-2.0", "name"),
        ("Creative Commons Attribution-NonCommercial 4.0 International", "cc-by-nc-4.0", "title"),
        ("LLAMA 4 COMMUNITY LICENSE AGREEMENT\nLlama 4 Version Effective Date: April 5, 2025", "llama4", "title"),
        ("Mistral AI Research License\n\nIf You want to use a Mistral Model ...", "mrl", "title"),
        ("All rights reserved.", "unknown", "none"),
        ("Licensed under the Apache License, Version 2.0, but only for research purposes.", "unknown", "none"),
        ("This is not the Llama 3 licence. " * 20, "unknown", "none"),
        ("\x00\x01\x02", "unknown", "none"),
        ("", "unknown", "none"),
    ],
)
def test_short_texts(text: str, licence: str, how: str) -> None:
    found = match_text(text)
    assert (found.licence, found.how) == (licence, how), found


def test_words_do_not_depend_on_layout() -> None:
    assert words("1. The  Licence\n   (a) of the owner's\nCopyright (c) 2024 Somebody\n") == words(
        "the license of the owners"
    )


def test_names_of_licences() -> None:
    for name, licence in (
        ("Apache License, Version 2.0", "apache-2.0"),
        ("llama-3.1", "llama3.1"),
        ("GPLv3", "gpl-3.0"),
    ):
        found = find_terms(name)
        assert found is not None
        assert found.id == licence
    assert [find_terms(name) for name in ("other", "unknown", "", "proprietary")] == [None] * 4


def test_cards_say_what_they_say() -> None:
    said = [(one.licence, one.said) for one in card_statements({"license": "Other", "license_name": "Qwen-Research"})]
    assert said == [("qwen-research", "Qwen-Research")]
    assert [one.licence for one in card_statements({"license": ["mit", "apache-2.0"]})] == ["mit", "apache-2.0"]
    assert [one.licence for one in card_statements({"license": "acme"})] == ["unknown"]
    assert card_statements({"license": None, "license_name": 3}) == []
    assert card_statements({"license": {"a": 1}}) == []


def test_a_name_alone_never_makes_a_licence_open() -> None:
    for name in ("someone/Qwen2.5-7B-abliterated", "Mistral-7B-merge", "someone/phi-4-tuned"):
        assert family_of(name) is None
    family = family_of("unsloth/Meta-Llama-3.1-8B-bnb-4bit")
    assert family is not None
    assert family.licence == "llama3.1"


def test_regions() -> None:
    assert len(EU) == 27
    assert in_region("de", ["EU"])
    assert in_region("EU", ["EU"])
    assert in_region("EL", ["EU"])
    assert not in_region("GB", ["EU"])
    assert not in_region("CH", ["EU"])
    assert in_region("EU", ["FR"])
    assert set(known_regions().values()) >= EU | {"EU", "GB", "US", "CH", "XK"}
    for code, names in (("DE", "Germany, deutschland, DEU"), ("GB", "UK, United Kingdom"), ("US", "U.S.A., us"),
                        ("NL", "the Netherlands"), ("AT", "Österreich"), ("EU", "european union")):  # fmt: skip
        assert {region_code(name) for name in names.split(", ")} == {code}
    with pytest.raises(UsageError) as caught:
        region_code("Frnace")
    assert "FR (France)" in caught.value.hint


def test_a_wrong_file_is_named(tmp_path: Path) -> None:
    text = (FOLDER / "mit.yaml").read_text(encoding="utf-8").replace("kind: open", "kind: free")
    (tmp_path / "mit.yaml").write_text(text)
    with pytest.raises(SpecError) as caught:
        load_terms(tmp_path)
    assert "mit.yaml:10" in caught.value.what
    assert "kind" in caught.value.title


def test_the_room_is_light() -> None:
    code = (
        "import sys, engine.licences.duties, engine.licences.cards, engine.cli.license\n"
        "heavy = {'torch', 'transformers', 'datasets', 'peft', 'huggingface_hub', 'spacy'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_catalogue_and_families_agree() -> None:
    for model in load_catalogue():
        terms = find_terms(model.licence)
        assert terms is not None or model.licence == "unknown", f"{model.id}: there is no file for {model.licence}"
        family = family_of(model.id)
        if family is not None and terms is not None and model.id.partition("/")[0].lower() in family.owners:
            assert family.licence == terms.id, model.id
