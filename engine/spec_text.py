"""The text of `project.yaml` and of the presets: read strictly, written, and changed by `--set`.

Unknown keys are errors that name the file, the line, the key and the nearest valid key, because a misspelt knob that
is silently ignored costs a night of GPU.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeVar, cast, get_args, get_origin

import yaml
from pydantic import BaseModel, ValidationError

from engine.errors import SpecError
from engine.files import is_text
from engine.spec import ProjectSpec


def parse_spec(text: str, file: Path) -> ProjectSpec:
    """Read the text of a `project.yaml`.

    Raises:
        SpecError: Not YAML, an unknown key, or a value that does not fit; names file:line, key and what is valid.
    """
    return parse_yaml_as(ProjectSpec, text, file)


M = TypeVar("M", bound=BaseModel)


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Refuses a key that is given twice in one place: YAML takes the second and says nothing.

    With libyaml a file is read seven times as fast: every page reads its project when it comes into sight, and a
    licence is looked for in nearly a hundred files.
    """

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> Any:
        """As it was, once the keys are known to be different ones."""
        seen: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                continue
            if key.value in seen:
                raise yaml.constructor.ConstructorError(None, None, f"`{key.value}` is given twice", key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def load_yaml(text: str) -> Any:
    """What YAML says, read as fast as can be; raises `yaml.YAMLError`."""
    return yaml.load(text, _Loader)


def parse_yaml_as(model: type[M], text: str, file: Path) -> M:
    """Read YAML as a strict pydantic model, with errors that a person can act on."""
    try:
        content = load_yaml(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{file}:{mark.line + 1}" if mark else str(file)
        problem = getattr(error, "problem", None) or "not readable as YAML"
        raise SpecError(f"{file.name} is not valid YAML.", f"{where}: {problem}.", "Correct that line.") from error
    if not isinstance(content, dict):
        raise SpecError(f"{file.name} is empty or not a list of settings.", str(file), "Restore it, or start anew.")
    try:
        return model.model_validate(content)
    except ValidationError as error:
        raise _explain(error, model, text, file) from error


def dump_spec(spec: ProjectSpec) -> str:
    """The text of `project.yaml` for `spec`; `parse_spec` of it gives `spec` again.

    Raises:
        SpecError: Something in it is no text, as the name of a file that is not UTF-8: it could not be read again.
    """
    content = spec.model_dump(mode="json", exclude_none=True)
    return str(yaml.dump(content, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100))


class _Dumper(yaml.SafeDumper):
    """Escapes the line ends of Unicode in texts, which would be read again as plain line feeds."""


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    if not is_text(text):
        shown = text.encode(errors="backslashreplace").decode()
        hint = "Rename the file or folder it names."
        raise SpecError("This is not UTF-8 and cannot be written down.", shown, hint, code="bad_path")
    odd = any(sign in text for sign in "\x85\u2028\u2029")
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"' if odd else None)


_Dumper.add_representer(str, _represent_text)


_PRESET = "recipe.preset"


def with_settings(spec: ProjectSpec, settings: list[str]) -> ProjectSpec:
    """Apply `--set recipe.rank=32` style settings.

    Args:
        spec: Left unchanged.
        settings: `dotted.key=value` texts; the value is read as YAML. `recipe.preset=NAME` takes that preset's knobs,
            and the other settings come after it, wherever it stands among them.

    Raises:
        SpecError: No such key or preset, or a value that does not fit.
    """
    presets = [value.strip() for key, _, value in (one.partition("=") for one in settings) if key.strip() == _PRESET]
    if presets:
        from engine.recipes import recipe_from

        spec = spec.model_copy(update={"recipe": recipe_from(presets[-1])})
    content = spec.model_dump(mode="json", exclude_none=True)
    for setting in settings:
        if setting.partition("=")[0].strip() == _PRESET:
            continue
        key, equals, value = setting.partition("=")
        parts = key.strip().split(".")
        if not equals or not all(parts):
            raise SpecError(f"`{setting}` is not a setting.", "", "Write it as recipe.rank=32.")
        target = content
        for part in parts[:-1]:
            target = target.setdefault(part, {})
            if not isinstance(target, dict):
                raise SpecError(
                    f"`{key}` is not a setting.",
                    f"`{part}` holds a value, not settings.",
                    "Write it as recipe.rank=32.",
                )
        try:
            target[parts[-1]] = _number_or(yaml.safe_load(value), value)
        except yaml.YAMLError as error:
            raise SpecError(f"`{setting}` is not a setting.", f"`{value}` is not a value.", "Quote it.") from error
    try:
        return ProjectSpec.model_validate(content)
    except ValidationError as error:
        raise _explain(error, ProjectSpec, "", Path("--set")) from error


def _number_or(parsed: object, raw: str) -> object:
    """YAML 1.1 reads `2e-4` as text; people mean the number."""
    if isinstance(parsed, str):
        try:
            return float(raw)
        except ValueError:
            return parsed
    return parsed


def _explain(error: ValidationError, model: type[BaseModel], text: str, file: Path) -> SpecError:
    first = error.errors()[0]
    path = _fields([str(part) for part in first["loc"]], model)
    key = ".".join(path)
    line = _line_of(text, path)
    where = f"{file}:{line}" if line else str(file)
    if first["type"] == "extra_forbidden":
        near = _nearest(path, model)
        hint = f"Did you mean `{near}`?" if near else "Remove it; the valid keys are in the README."
        return SpecError(f"Unknown key `{key}`.", f"{where}: tunesmith has no setting `{key}`.", hint)
    given = first.get("input")
    shown = "" if isinstance(given, dict | list) else f" (it says {given!r})"
    # Where one of several kinds is allowed, each of them says what is wrong.
    same = [
        one["msg"].removeprefix("Value error, ")
        for one in error.errors()
        if one["loc"][: len(path)] == first["loc"][: len(path)]
    ]
    why = "; or: ".join(dict.fromkeys(same))
    return SpecError(f"`{key}` cannot be used.", f"{where}: {why}{shown}.", f"Give `{key}` a valid value.")


def _fields(path: list[str], model: type[BaseModel]) -> list[str]:
    """A place in a model up to the field itself: behind it pydantic names the kind that was tried, or an entry."""
    inside: type[BaseModel] | None = model
    for place, name in enumerate(path):
        field = inside.model_fields.get(name) if inside else None
        if field is None:
            return path[:place] if inside is None else path
        if get_origin(field.annotation) is dict:
            return path[: place + 2]  # the entry is the setting
        kinds = (field.annotation, *get_args(field.annotation))
        inside = next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)), None)
    return path


def _nearest(path: list[str], model: type[BaseModel]) -> str | None:
    """The valid dotted key nearest to the unknown one: in the same section first, then anywhere."""
    keys = valid_keys(model)
    section = ".".join(path[:-1])
    siblings = [key for key in keys if key.rpartition(".")[0] == section]
    wrong = ".".join(path)
    for candidates in (siblings, keys):
        if near := nearest_of(wrong, candidates):
            return near
    by_name = {key.rpartition(".")[2]: key for key in keys}
    return by_name.get(nearest_of(path[-1], by_name) or "")


def nearest_of(wrong: str, names: Iterable[str]) -> str | None:
    """The one of `names` that a person most likely meant, or None."""
    found = difflib.get_close_matches(wrong, list(names), n=1, cutoff=0.6)
    return found[0] if found else None


def valid_keys(model: type[BaseModel], prefix: str = "") -> list[str]:
    """All dotted keys of a model, sections included."""
    keys: list[str] = []
    for name, field in model.model_fields.items():
        keys.append(prefix + name)
        for inner in (field.annotation, *get_args(field.annotation)):
            if isinstance(inner, type) and issubclass(inner, BaseModel):
                keys.extend(valid_keys(inner, f"{prefix}{name}."))
    return keys


def _line_of(text: str, path: list[str]) -> int | None:
    """1-based line of a dotted key in YAML text; None where it cannot be found."""
    node = yaml.compose(text) if text else None
    line: int | None = None
    for part in path:
        if not isinstance(node, yaml.MappingNode):
            break
        for key, value in cast("list[tuple[Any, Any]]", node.value):
            if key.value == part:
                line, node = key.start_mark.line + 1, value
                break
        else:
            break
    return line
