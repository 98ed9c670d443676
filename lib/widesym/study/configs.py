r"""Configs: every number of a run, checked before anything is computed.

A config is a frozen dataclass $c = (c_1, \dots, c_k)$ whose fields are int, float, bool, str, None or
tuples of these. A profile is a named config; a change replaces fields of one and must have the field's
declared type. Values that only mean the same are made the same (1 becomes 1.0 in a float field, a list
or a single value becomes a tuple), so that one meaning has one key in the store.
"""

import ast
import dataclasses
import math
import types
import typing
from collections.abc import Iterable, Mapping
from typing import Any

from widesym.study.experiment import PROFILES, Experiment
from widesym.study.names import did_you_mean

_SPELLED = {"true": True, "false": False}  # as YAML and JSON have them


def configure(experiment: Experiment, profile: str, **changes: Any) -> Any:
    r"""Return the config of a profile with some fields changed, $c' = c[c_i \leftarrow v_i]$.

    Args:
        experiment: the experiment whose profiles are meant.
        profile: `quick`, `default` or `paper`.
        **changes: new values by field name; ints pass for floats, lists for tuples, one value for a tuple
            of one, and None keeps the profile's value (so a page can offer a parameter without repeating
            its value).

    Returns:
        A config of type `experiment.config_type`.

    Raises:
        ValueError: an unknown profile or field (with the valid names), a value of another type,
            or one that the config itself refuses.
    """
    if profile not in PROFILES:
        raise ValueError(f"unknown profile {profile!r}; {did_you_mean(profile, PROFILES)}")
    annotations = field_types(experiment.config_type)
    checked = {}
    for name, value in changes.items():
        if name not in annotations:
            raise ValueError(
                f"{experiment.name} has no parameter {name!r}; {did_you_mean(name, annotations)}"
            )
        if value is not None:
            checked[name] = coerce(f"{experiment.name}: parameter {name!r}", value, annotations[name])
    try:
        return dataclasses.replace(experiment.profiles[profile], **checked)
    except TypeError as error:
        raise ValueError(f"{experiment.name}: {error}") from error


def parse_changes(experiment: Experiment, pairs: Iterable[str]) -> dict[str, Any]:
    """Read `name=value` words of a command line as changes for `configure`.

    Values are Python literals (`3`, `1e-4`, `True`, `5,10`, `(5, 10)`), or `true` and `false` where the
    field is one of the two; anything else is a string, and
    a single value stands for a tuple of one where the field is a tuple.

    Raises:
        ValueError: a word without `=`, an unknown name, a name given twice.
    """
    annotations = field_types(experiment.config_type)
    changes: dict[str, Any] = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        name = name.strip()
        if not equals or not name:
            raise ValueError(f"{pair!r} is not of the form name=value")
        if name not in annotations:
            raise ValueError(
                f"{experiment.name} has no parameter {name!r}; {did_you_mean(name, annotations)}"
            )
        if name in changes:
            raise ValueError(f"parameter {name!r} is given twice; keep one of them")
        try:
            value = ast.literal_eval(text.strip())
        except (ValueError, SyntaxError):
            value = text.strip()
            if annotations[name] is bool:
                value = _SPELLED.get(value, value)
            if typing.get_origin(annotations[name]) is tuple and "," in value:
                value = tuple(part.strip() for part in value.split(",") if part.strip())
        if typing.get_origin(annotations[name]) is tuple and not isinstance(value, tuple | list):
            value = (value,)
        changes[name] = value
    return changes


def profile_of(experiment: Experiment, config: Any) -> str:
    """Say which profile a config is, or which one is nearest and what was changed.

    Returns:
        `default`, or for a changed one `default with seed=3, repetitions=2`.
    """
    fields = as_fields(config)
    changed = {
        profile: [name for name, value in as_fields(reference).items() if value != fields[name]]
        for profile, reference in experiment.profiles.items()
    }
    nearest = min(("default", "quick", "paper"), key=lambda profile: len(changed[profile]))
    if not changed[nearest]:
        return nearest
    return f"{nearest} with " + ", ".join(f"{name}={fields[name]!r}" for name in changed[nearest])


def field_types(config_type: type) -> dict[str, Any]:
    """Return the declared type of each field that can be set, by name, in the order of declaration."""
    hints = typing.get_type_hints(config_type)
    return {field.name: hints[field.name] for field in dataclasses.fields(config_type) if field.init}


def as_fields(config: Any) -> dict[str, Any]:
    """Return a config as a dict of plain JSON values: tuples become lists, nothing else changes.

    Raises:
        ValueError: a field that is not an int, finite float, bool, str, None or a tuple of these
            (numpy scalars included: they would give another key for the same number).
    """
    return {
        field.name: _plain(f"{type(config).__name__}.{field.name}", getattr(config, field.name))
        for field in dataclasses.fields(config)
    }


def from_fields(config_type: type, fields: Mapping[str, Any]) -> Any:
    """Rebuild a config from `as_fields`, checked like any other input.

    Raises:
        ValueError: fields that are missing, unknown, or of another type.
    """
    annotations = field_types(config_type)
    if set(fields) != set(annotations):
        raise ValueError(
            f"{config_type.__name__} has the fields {sorted(annotations)}, stored are {sorted(fields)}: "
            "it was written by another version of the code; compute it again"
        )
    where = config_type.__name__
    return config_type(**{n: coerce(f"{where}.{n}", v, annotations[n]) for n, v in fields.items()})


def coerce(where: str, value: Any, annotation: Any) -> Any:
    """Return `value` in the declared type, or say what was expected.

    Only changes of form are made: int to float, list to tuple, a single value to a tuple of one where a
    tuple may have any length. A bool is no int, and no string is read as a number.

    Raises:
        ValueError: naming `where`, the value and the type that it must have.
    """
    fits, result = _fit(value, annotation)
    if not fits and typing.get_args(annotation)[1:] == (Ellipsis,) and not isinstance(value, list | tuple):
        fits, result = _fit((value,), annotation)
    if not fits:
        raise ValueError(f"{where} must be {_spell(annotation)}, got {value!r} ({type(value).__name__})")
    return result


def _fit(value: Any, annotation: Any) -> tuple[bool, Any]:
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if annotation is Any:
        return True, value
    if annotation is None or annotation is type(None):
        return value is None, value
    if origin in (typing.Union, types.UnionType):
        for option in arguments:
            fits, result = _fit(value, option)
            if fits:
                return True, result
        return False, value
    if origin is typing.Literal:
        return any(value == option and type(value) is type(option) for option in arguments), value
    if annotation is tuple or origin is tuple:
        if not isinstance(value, list | tuple):
            return False, value
        if not arguments:
            return True, tuple(value)
        if len(arguments) == 2 and arguments[1] is Ellipsis:
            arguments = (arguments[0],) * len(value)
        if len(arguments) != len(value):
            return False, value
        parts = [_fit(part, kind) for part, kind in zip(value, arguments, strict=True)]
        return all(fits for fits, _ in parts), tuple(part for _, part in parts)
    if annotation is float:
        number = type(value) in (int, float) and math.isfinite(value)
        return number, float(value) if number else value
    return type(value) is annotation, value


def _spell(annotation: Any) -> str:
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in (typing.Union, types.UnionType):
        return " or ".join(_spell(option) for option in arguments)
    if origin is typing.Literal:
        return "one of " + ", ".join(repr(option) for option in arguments)
    if origin is tuple and len(arguments) == 2 and arguments[1] is Ellipsis:
        return f"a tuple, each entry {_spell(arguments[0])}"
    if origin is tuple:
        return "a tuple of " + ", ".join(_spell(option) for option in arguments)
    if annotation in (None, type(None)):
        return "None"
    return "a finite float" if annotation is float else getattr(annotation, "__name__", str(annotation))


def _plain(where: str, value: Any) -> Any:
    if value is None or type(value) in (bool, int, str):
        return value
    if type(value) is float and math.isfinite(value):
        return value
    if type(value) is tuple:
        return [_plain(where, part) for part in value]
    raise ValueError(
        f"{where} = {value!r} ({type(value).__name__}) cannot be stored: use int, finite float, bool, str, "
        "None or tuples of these (float(x) or int(x) turns a numpy scalar into one)"
    )
