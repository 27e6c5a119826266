"""Asking the hub about a model: which files, how large, at which commit - and why not, in words.

`HF_ENDPOINT` names another hub (a mirror). The token, if one is needed, is found by huggingface_hub itself.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, replace

from engine.errors import ModelError, TunesmithError
from engine.models.source import pickle_error, pickle_weights

_LOOKUP_TIMEOUT_S = 20.0
_NEWEST = "main"
_UNKNOWN = -1
_SMALL = re.compile(
    r"(config|generation_config|tokenizer|tokenizer_config|special_tokens_map|added_tokens|vocab|chat_template"
    r"|model\.safetensors\.index)\.json|(tokenizer|spiece|sentencepiece\.bpe)\.model|merges\.txt|chat_template\.jinja"
    r"|README\.md|(LICEN[CS]E|NOTICE|COPYING|USE_POLICY)[\w.-]*"
)
"""What is taken beside the weights: settings, tokenizer, card and terms. No code, no pickles."""


@dataclass(frozen=True)
class HubFile:
    """One file of a repo: its size in bytes and the hash it must have (`sha256`, or git's `sha1` for small ones)."""

    name: str
    size: int
    sha256: str | None = None
    git_sha1: str | None = None


@dataclass(frozen=True)
class HubModel:
    """A model on the hub at one commit."""

    repo: str
    commit: str
    small: tuple[HubFile, ...]
    safetensors: tuple[HubFile, ...]

    def weights(self, names: list[str] | None) -> tuple[HubFile, ...]:
        """The weight files to take: those the index names, or model.safetensors.

        Raises:
            ModelError: `missing_shard`: the index names files that the repo does not have; `missing_weights`.
        """
        wanted = names if names is not None else ["model.safetensors"]
        found = tuple(file for file in self.safetensors if file.name in wanted)
        missing = sorted(set(wanted) - {file.name for file in found})
        if missing:
            raise ModelError(
                "The model on the hub is not complete.",
                f"{self.repo} at {self.commit[:12]} has no {', '.join(missing[:3])}.",
                "Choose another model, or another revision of this one.",
                code="missing_shard" if names else "missing_weights",
            )
        return found


def endpoint() -> str:
    """The hub that is asked: `HF_ENDPOINT`, else huggingface.co."""
    return (os.environ.get("HF_ENDPOINT") or "https://huggingface.co").rstrip("/")


def look_up(repo: str, revision: str | None = None) -> HubModel:
    """Ask the hub which files `repo` has.

    Args:
        repo: `org/name`.
        revision: A branch, tag or commit; None: the newest.

    Raises:
        ModelError: `not_found`, `gated`, `no_network`, `hub`, `pickle`, `missing_weights`, `missing_config`.
    """
    from huggingface_hub import HfApi

    try:
        info = HfApi(endpoint=endpoint()).model_info(
            repo, revision=revision or _NEWEST, files_metadata=True, timeout=_LOOKUP_TIMEOUT_S
        )
    except Exception as error:
        raise explain(error, repo, revision) from error
    files = [
        HubFile(
            sibling.rfilename,
            _UNKNOWN if sibling.size is None else sibling.size,
            sibling.lfs.sha256 if sibling.lfs else None,
            None if sibling.lfs else sibling.blob_id,
        )
        for sibling in info.siblings or []
        if re.fullmatch(r"[\w.+-]+", sibling.rfilename)
    ]
    names = [file.name for file in files]
    safetensors = tuple(file for file in files if file.name.endswith(".safetensors"))
    _check_usable(repo, names, [file.name for file in safetensors])
    small = tuple(file for file in files if _SMALL.fullmatch(file.name))
    commit = info.sha or revision or _NEWEST
    try:
        measured = [tuple(_measured(file, repo, commit) for file in part) for part in (small, safetensors)]
    except Exception as error:
        raise explain(error, repo, revision) from error
    return HubModel(repo, commit, *measured)


def _measured(file: HubFile, repo: str, commit: str) -> HubFile:
    """The file with its size; mirrors that leave it out of their listings are asked for each file's headers."""
    from huggingface_hub import get_hf_file_metadata, hf_hub_url

    if file.size != _UNKNOWN:
        return file
    url = hf_hub_url(repo, file.name, revision=commit, endpoint=endpoint())
    size = get_hf_file_metadata(url, timeout=_LOOKUP_TIMEOUT_S, endpoint=endpoint()).size
    if size is None:
        raise ModelError(
            "The hub does not say how large a file is.",
            f"{url} came without a size, so a cut download could not be told from a whole one.",
            "Use another mirror (HF_ENDPOINT), or copy the model's folder here by other means and give its path.",
            code="hub",
        )
    return replace(file, size=size)


def _check_usable(repo: str, names: list[str], safetensors: list[str]) -> None:
    where = f"{endpoint()}/{repo}"
    if not safetensors:
        if pickles := pickle_weights(names):
            raise pickle_error(where, pickles)
        ggufs = [name for name in names if name.lower().endswith(".gguf")]
        if ggufs:
            raise ModelError(
                "This page holds GGUF files.",
                f"{where} has {len(ggufs)} of them, such as {ggufs[0]}.",
                "Download the one you want and give its path as the model.",
                code="which_gguf",
            )
        hint = "Choose a model whose page lists `.safetensors` files."
        raise ModelError("There are no weights on that page.", where, hint, code="missing_weights")
    if "config.json" not in names:
        if "adapter_config.json" in names:
            hint = "Choose the base model it was made for."
            raise ModelError("This is an adapter, not a model.", where, hint, code="adapter")
        hint = "Choose a model in the transformers format."
        raise ModelError("The model has no config.json.", where, hint, code="missing_config")


def explain(error: Exception, repo: str, revision: str | None = None) -> TunesmithError:
    """The message for an error of huggingface_hub or of the network below it."""
    import httpx2
    from huggingface_hub import errors

    page = f"{endpoint()}/{repo}"
    match error:
        case TunesmithError():
            return error
        case errors.GatedRepoError():
            return ModelError(
                "The makers of this model ask you to accept their terms first.",
                f"{page} is gated: it can be downloaded only by people who agreed, with their own account.",
                f"Open {page} in a browser, log in and accept the terms. Then run `hf auth login` on this machine, "
                "or set HF_TOKEN to a read token, and try again.",
                code="gated",
            )
        case errors.RevisionNotFoundError():
            hint = "Leave the revision out to take the newest, or copy a commit from the page."
            return ModelError(f"There is no revision `{revision}` of this model.", page, hint, code="not_found")
        case errors.RepositoryNotFoundError() | errors.HFValidationError():
            return ModelError(
                "The hub has no such model.",
                f"{page} was not found. It may be misspelt or private; there is no local folder of that name either.",
                "Copy the id from the model's page. For a private model run `hf auth login` or set HF_TOKEN first.",
                code="not_found",
            )
        case errors.OfflineModeIsEnabled():
            return ModelError(
                "Downloads are switched off.",
                "HF_HUB_OFFLINE is set, so the hub is not asked.",
                "Unset HF_HUB_OFFLINE, or choose a model that is already on this machine.",
                code="no_network",
            )
        case errors.HfHubHTTPError():
            return _explain_status(error, page)
        case httpx2.TransportError():
            reason = str(error) or type(error).__name__
            return ModelError(
                "The hub cannot be reached.",
                f"{endpoint()}: {reason}. What was already downloaded is kept.",
                "Check the network (and HTTPS_PROXY, if you need one), then try again; or copy the model's folder here "
                "by other means and give its path.",
                code="no_network",
            )
    return ModelError(
        "The hub answered something that tunesmith does not understand.",
        f"{page}: {type(error).__name__}: {str(error).strip()[:200]}",
        "Try again later; what was already downloaded is kept.",
        code="hub",
    )


def _explain_status(error: OSError, page: str) -> ModelError:
    status = int(error.response.status_code)  # type: ignore[attr-defined]
    if status in (401, 403):
        return ModelError(
            "The hub does not let you in.",
            f"{page}: {status}. The token on this machine is wrong, expired, or has no right to read this model.",
            "Run `hf auth login` again, or set HF_TOKEN to a read token of your account.",
            code="no_access",
        )
    if status == 429:
        hint = "Wait a few minutes and try again; what was already downloaded is kept."
        return ModelError("The hub asks for a pause.", f"{page}: 429, too many requests.", hint, code="hub")
    return ModelError(
        "The hub has a problem.",
        f"{page}: it answered {status}.",
        "Try again in a few minutes; what was already downloaded is kept.",
        code="hub",
    )
