"""Getting the card and the licence texts of a hub model, without its weights. Done only when asked for.

They are kept in the machine's state folder, so that a verdict can be given again without a network.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from pathlib import Path

from engine.errors import ModelError, from_os_error
from engine.files import make_private_folder
from engine.licences.chain import cards_folder, trace
from engine.licences.terms import UNKNOWN
from engine.models.hub import endpoint, explain
from engine.models.source import hub_id

_WANTED = re.compile(
    r"README\.md|(adapter_)?config\.json|merge[\w.-]*\.ya?ml|[\w.-]*(LICEN[CS]E|COPYING|NOTICE|POLICY|TERMS)[\w.-]*",
    re.IGNORECASE,
)
_NOT_TEXT = (".safetensors", ".bin", ".gguf", ".pt", ".pdf", ".png", ".jpg", ".zip", ".gz")
_MAX_BYTES = 2_000_000
"""Of one file; a longer one is cut there."""
_MAX_FILES = 20
_MAX_CARDS = 8
_TIMEOUT_S = 30.0


def fetch_cards(model: str) -> list[str]:
    """Get the card of a hub model and those of the models it was made from, as far as their licence is unknown.

    Returns:
        The hub ids whose cards were got.

    Raises:
        ModelError: `gated`, `no_network`, `not_found`, `hub`.
        DiskFullError, ProjectError: The card cannot be written.
    """
    got: list[str] = []
    asked = hub_id(model)
    wanted = [asked] if asked else _unread(model)
    while wanted and len(got) < _MAX_CARDS:
        repo = wanted.pop(0)
        try:
            _fetch(repo)
        except ModelError:
            # What was asked for has to be there; a base that is not leaves the verdict unknown, with the reason.
            if repo == asked:
                raise
            got.append(repo)
            continue
        got.append(repo)
        wanted = [name for name in _unread(model) if name not in got]
    return [repo for repo in got if cards_folder(repo).is_dir()]


def _unread(model: str) -> list[str]:
    """Hub ids of the chain about which nothing is known."""
    unread = [link.name for link in trace(model).links if link.licence == UNKNOWN and not link.sources]
    return [name for name in unread if hub_id(name) and not cards_folder(name).is_dir()]


def _fetch(repo: str) -> None:
    from huggingface_hub import HfApi

    try:
        info = HfApi(endpoint=endpoint()).model_info(repo, timeout=_TIMEOUT_S)
        names = [sibling.rfilename for sibling in info.siblings or []]
    except Exception as error:
        raise explain(error, repo) from error
    chosen = [name for name in names if _WANTED.fullmatch(name) and not name.lower().endswith(_NOT_TEXT)][:_MAX_FILES]
    final = cards_folder(repo)
    temporary = Path()
    try:
        make_private_folder(final.parent)
        temporary = Path(tempfile.mkdtemp(prefix=f".{final.name}.", dir=final.parent))
        for name in chosen:
            (temporary / name).write_bytes(_bytes_of(repo, name, info.sha or "main"))
        if final.is_dir():
            shutil.rmtree(final)
        os.replace(temporary, final)
    except OSError as error:
        raise (from_os_error(error, "getting the card") if error.errno else explain(error, repo)) from error
    finally:
        if temporary.name and temporary.exists():
            shutil.rmtree(temporary)


def _bytes_of(repo: str, name: str, commit: str) -> bytes:
    from huggingface_hub import get_session, hf_hub_url
    from huggingface_hub.utils._headers import build_hf_headers
    from huggingface_hub.utils._http import hf_raise_for_status

    url = hf_hub_url(repo, name, revision=commit, endpoint=endpoint())
    content = b""
    try:
        with get_session().stream("GET", url, headers=build_hf_headers(), timeout=_TIMEOUT_S) as response:
            if response.is_error:
                response.read()
            hf_raise_for_status(response)
            for chunk in response.iter_bytes():
                content += chunk
                if len(content) >= _MAX_BYTES:
                    break
    except Exception as error:
        raise explain(error, repo) from error
    return content[:_MAX_BYTES]
