# ruff: noqa
"""Predicates, and what type checkers must know behind a call of each once it is annotated with TypeIs."""

import enum
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, List, Literal, Optional, TypeGuard, assert_type


class Animal: ...


class Dog(Animal): ...


class Color(enum.Enum):
    RED = 1
    BLUE = 2


def is_text(value: object) -> bool:
    return isinstance(value, (str, bytes))


def use_is_text(value: str | int) -> None:
    if is_text(value):
        assert_type(value, str)
    else:
        assert_type(value, int)


def is_none(value: Optional[int]) -> bool:
    return value is None


def use_is_none(value: int | None) -> None:
    if is_none(value):
        assert_type(value, None)
    else:
        assert_type(value, int)


def is_given(value: Optional[List[int]]) -> "bool":
    return not value is None


def use_is_given(value: list[int] | None) -> None:
    if is_given(value):
        assert_type(value, list[int])
    else:
        assert_type(value, None)


def is_list(value: object) -> bool:
    if isinstance(value, list):
        return True
    return False


def use_is_list(value: list[int] | str) -> None:
    if is_list(value):
        assert_type(value, list[int])
    else:
        assert_type(value, str)


def is_iterable(value: int | Iterable[str]):
    return isinstance(value, Iterable)


def use_is_iterable(value: int | Iterable[str]) -> None:
    if is_iterable(value):
        assert_type(value, Iterable[str])
    else:
        assert_type(value, int)


def is_mapping(value: Any) -> bool:
    result = isinstance(value, Mapping)
    return result


def use_is_mapping(value: Mapping[str, int] | None) -> None:
    if is_mapping(value):
        assert_type(value, Mapping[str, int])
    else:
        assert_type(value, None)


def is_other(value: int | str | None) -> bool:
    return value is not None and not isinstance(value, str)


def use_is_other(value: int | str | None) -> None:
    if is_other(value):
        assert_type(value, int)
    else:
        assert_type(value, str | None)


def is_dog(value: Animal | None) -> bool:
    return True if isinstance(value, Dog) else False


def use_is_dog(value: Dog | None) -> None:
    if is_dog(value):
        assert_type(value, Dog)
    else:
        assert_type(value, None)


def is_color(value: object) -> bool:
    return type(value) is Color


def use_is_color(value: Color | int) -> None:
    if is_color(value):
        assert_type(value, Color)
    else:
        assert_type(value, int)


def is_number(value: object) -> bool:
    return isinstance(value, int) or isinstance(value, float)


def use_is_number(value: int | str) -> None:
    if is_number(value):
        assert_type(value, int)
    else:
        assert_type(value, str)


def is_function(value: object) -> bool:
    return callable(value)


def use_is_function(value: Callable[[int], str] | None) -> None:
    if is_function(value):
        assert_type(value, Callable[[int], str])
    else:
        assert_type(value, None)


def is_later(value: object) -> bool:
    return isinstance(value, Later)


class Later:
    def is_same(self, value: object) -> bool:
        return isinstance(value, Later)


def use_is_later(value: Later | int) -> None:
    if is_later(value):
        assert_type(value, Later)
    else:
        assert_type(value, int)


def use_is_same(value: Later | int) -> None:
    if Later().is_same(value):
        assert_type(value, Later)
    else:
        assert_type(value, int)


def guards(value: object) -> TypeGuard[Sequence[object]]:
    return isinstance(value, Sequence)


def use_guards(value: list[int] | int) -> None:
    if guards(value):
        assert_type(value, list[int])
    else:
        assert_type(value, int)


def guards_letter(value: Literal["a"] | None) -> "TypeGuard[Literal['a']]":
    return value is not None


def use_guards_letter(value: Literal["a"] | None) -> None:
    if guards_letter(value):
        assert_type(value, Literal["a"])
    else:
        assert_type(value, None)
