"""What the company's survey asks, as [questionnaire] in book.toml says it, with ready maps where it says nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from crm_analysis.errors import BookError

IMPRESSIONS = {
    "first": ("warmth", "facilities"),
    "second": ("reliability",),
    "third": ("timeliness", "consistency"),
}
"""Which service dimension makes which impression: manner; whether we can do it; whether we follow through."""
FOCUS = ("organisation", "communication", "information")
"""The areas of the customer focus scorecard."""
PATHS = {
    "expectation": ("image",),
    "quality": ("expectation",),
    "value": ("expectation", "quality"),
    "satisfaction": ("image", "expectation", "quality", "value"),
    "loyalty": ("image", "satisfaction"),
}
"""The usual model of customer satisfaction: what each construct hangs on (Fornell et al. 1996; ECSI)."""
_MAPS = ("dimensions", "impressions", "focus", "constructs", "paths")
_OF_IMPRESSIONS = {"satisfaction": tuple(IMPRESSIONS), "loyalty": ("satisfaction",)}


@dataclass(frozen=True)
class Questionnaire:
    """What each item of a survey is.

    `overall` asks for the whole, `recommendation` from 0 to 10 whether one would recommend; more is worse in the
    items `reversed`. `dimensions` are named groups of items; `impressions`, `focus` and `constructs` group
    dimensions or items; `paths` tells for a construct the constructs that it hangs on.
    """

    overall: str = "satisfaction"
    recommendation: str = "recommendation"
    reversed: tuple[str, ...] = ()
    dimensions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    impressions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    focus: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    constructs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    paths: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def names(self) -> list[str]:
        """Every item that book.toml names, in its order; of the defaults none."""
        said = [*self.reversed, *(item for items in self.dimensions.values() for item in items)]
        groups = (items for part in (self.impressions, self.focus, self.constructs) for items in part.values())
        said += [name for items in groups for name in items if name not in self.dimensions]
        whole = ((self.overall, PLAIN.overall), (self.recommendation, PLAIN.recommendation))
        said += [name for name, plain in whole if name != plain]
        return list(dict.fromkeys(said))

    def of(self, items: Iterable[str]) -> Questionnaire:
        """The same with every map filled, and with no item that is not among `items`.

        Without dimensions of its own each item is one, but for the overall one and the recommendation. Impressions are
        IMPRESSIONS where nothing is said, focus the items named as FOCUS, and constructs the impressions, the
        overall item and the recommendation, where at least two impressions are asked for.
        """
        asked = list(dict.fromkeys(items))
        whole = (self.overall, self.recommendation)
        groups = self.dimensions or {item: (item,) for item in asked if item not in (*whole, *FOCUS)}
        dimensions = _there(groups, {}, asked)
        impressions = _there(self.impressions or IMPRESSIONS, dimensions, asked)
        focus = _there(self.focus or {name: (name,) for name in FOCUS}, dimensions, asked)
        constructs, paths = _there(self.constructs, dimensions, asked), self.paths or PATHS
        if not self.constructs and len(impressions) > 1 and self.overall in asked:
            ends = {"satisfaction": (self.overall,), "loyalty": (self.recommendation,)}
            constructs, paths = impressions | _there(ends, {}, asked), _OF_IMPRESSIONS
        left = {end: tuple(name for name in begins if name in constructs) for end, begins in paths.items()}
        return Questionnaire(
            self.overall,
            self.recommendation,
            tuple(item for item in self.reversed if item in asked),
            dimensions,
            impressions,
            focus,
            constructs,
            {end: begins for end, begins in left.items() if begins and end in constructs},
        )


PLAIN = Questionnaire()
"""What holds where book.toml says nothing."""


def _there(groups: Mapping[str, Sequence[str]], named: Mapping[str, Sequence[str]], asked: list[str]) -> dict[str, Any]:
    """Groups as items that were asked for; a name in `named` stands for its items."""
    found = {}
    for name, members in groups.items():
        items = dict.fromkeys(item for member in members for item in named.get(member, (member,)))
        if kept := tuple(item for item in items if item in asked):
            found[name] = kept
    return found


class Reader(Protocol):
    """What reads book.toml (`mapping`): each check raises BookError with the key."""

    def allowed(self, key: str, given: Any, known: Iterable[str]) -> None: ...  # noqa: D102
    def text(self, key: str, value: Any) -> str: ...  # noqa: D102
    def texts(self, key: str, value: Any) -> tuple[str, ...]: ...  # noqa: D102
    def error(self, key: str, problem: str) -> BookError: ...  # noqa: D102


def questionnaire(reader: Reader, given: Any) -> Questionnaire:
    """The section [questionnaire] of a book.toml; raises BookError for a key or value that cannot be."""
    key = "questionnaire"
    reader.allowed(key, given, ("overall", "recommendation", "reversed", *_MAPS))
    read: dict[str, Any] = {}
    for name in ("overall", "recommendation"):
        if name in given:
            read[name] = reader.text(f"{key}.{name}", given[name])
    if "reversed" in given:
        read["reversed"] = reader.texts(f"{key}.reversed", given["reversed"])
    for name in _MAPS:
        if name in given:
            part = given[name]
            if not isinstance(part, dict) or not part:
                raise reader.error(f"[{key}.{name}]", f"is {part!r}; expected a section of names")
            read[name] = {one: reader.texts(f"{key}.{name}.{one}", items) for one, items in part.items()}
    for name, known in (("impressions", tuple(IMPRESSIONS)), ("focus", FOCUS)):
        reader.allowed(f"{key}.{name}", read.get(name, {}), known)
    found = Questionnaire(**read)
    _checked(reader, found)
    return found


def _checked(reader: Reader, found: Questionnaire) -> None:
    """Raises BookError for an item in two dimensions, and for paths that lead nowhere or in a circle."""
    key, owner = "questionnaire", dict[str, str]()
    for name, items in found.dimensions.items():
        for item in items:
            if item in owner:
                raise reader.error(f"{key}.dimensions.{name}", f"has '{item}', as {owner[item]} has; keep it in one")
            owner[item] = name
    constructs = found.constructs
    if found.paths and not constructs:
        raise reader.error(f"[{key}.paths]", f"needs [{key}.constructs], which says what items each is measured by")
    if constructs and not found.paths and not any(name in PATHS for name in constructs):
        raise reader.error(f"[{key}.constructs]", f"needs [{key}.paths], which says what each construct hangs on")
    for end, begins in found.paths.items():
        for name in (end, *begins):
            reader.allowed(f"{key}.paths.{end}", {name: 0}, constructs)
    rest = dict(found.paths)
    while free := [end for end, begins in rest.items() if not set(begins) & set(rest)]:
        for end in free:
            del rest[end]
    if rest:
        raise reader.error(f"[{key}.paths]", f"leads in a circle: {', '.join(rest)}; expected paths that end")
