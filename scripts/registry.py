"""The signal registry in `semconv/`, resolved and checked as a whole."""

from __future__ import annotations

import importlib.util
import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias, cast

from scripts.definition import RegistryError, comment, read

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

ROOT: Final = Path(__file__).resolve().parent.parent
# Sections in the order of the board; each is semconv/<section>.yaml and a module of the package.
SECTIONS: Final = (
    "market",
    "quotes",
    "obligations",
    "orders",
    "trades",
    "inventory",
    "health",
    "onchain",
    "mandates",
)
SLOW_SECONDS: Final = 5

_Entry: TypeAlias = "Mapping[str, Any]"


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute as a signal uses it: a closed set with its enum, or an open one with a bound."""

    key: str
    brief: str
    values: tuple[str, ...] = ()
    enum: str | None = None
    maximum: int = 0
    examples: tuple[str, ...] = ()

    @property
    def cardinality(self) -> int:
        """Most values that one identity has in one process."""
        return len(self.values) or self.maximum


@dataclass(frozen=True, slots=True)
class Enum:
    """A closed set: class name, attribute, description, and member, value, brief of each."""

    name: str
    key: str
    brief: str
    members: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class Identity:
    """What a signal is about: a public group, and how many of them a desk and a process have."""

    name: str
    brief: str
    letter: str
    desk: int
    process: int
    attributes: tuple[Attribute, ...]


@dataclass(frozen=True, slots=True)
class Deprecation:
    """Where a signal went, as far as it went anywhere, and what its users must know."""

    renamed_to: str | None
    note: str


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric; `sets` is how many attribute sets an identity has of it in steady state."""

    name: str
    constant: str
    prometheus: str
    kind: str
    unit: str
    brief: str
    note: str
    identity: Identity
    extra: tuple[Attribute, ...]
    sets: int
    why: str
    critical: bool
    slow: bool
    alerts: tuple[str, ...]
    buckets: tuple[float, ...]
    deprecated: Deprecation | None

    @property
    def attributes(self) -> tuple[Attribute, ...]:
        """All attributes: those of the identity, then the rest."""
        return self.identity.attributes + self.extra

    @property
    def limit(self) -> int:
        """Most sets of attribute values that one identity may have in one process."""
        return math.prod(attribute.cardinality for attribute in self.extra)

    @property
    def series(self) -> int:
        """Series of one identity in steady state; a histogram adds +Inf, sum and count."""
        return self.sets * (len(self.buckets) + 3 if self.kind == "histogram" else 1)

    @property
    def samples(self) -> float:
        """Samples a second of one identity in steady state."""
        return self.series / (SLOW_SECONDS if self.slow else 1)

    @property
    def superseded(self) -> bool:
        """Whether another signal has its place: a service writes either, and pays once."""
        return self.deprecated is not None and self.deprecated.renamed_to is not None

    @property
    def watched(self) -> bool:
        """Whether a watcher adds the same series once more, with its own `source`."""
        return any(attribute.key == "source" for attribute in self.extra)

    @property
    def series_names(self) -> tuple[str, ...]:
        """Names of its series in the store."""
        if self.kind != "histogram":
            return (self.prometheus,)
        return tuple(self.prometheus + suffix for suffix in ("_bucket", "_sum", "_count"))


@dataclass(frozen=True, slots=True)
class Section:
    """One file of the registry; title and text are the comment it opens with."""

    name: str
    title: str
    text: str
    metrics: tuple[Metric, ...]


@dataclass(frozen=True, slots=True)
class Registry:
    """The whole registry, resolved."""

    attributes: tuple[Attribute, ...]
    enums: tuple[Enum, ...]
    identities: tuple[Identity, ...]
    sections: tuple[Section, ...]
    text: str

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """All metrics in the order of their sections."""
        return tuple(metric for section in self.sections for metric in section.metrics)

    @property
    def constants(self) -> Mapping[str, str]:
        """Where a metric's constant is, from the package on, such as `quotes.SPREAD`."""
        return {m.name: f"{s.name}.{m.constant}" for s in self.sections for m in s.metrics}


@dataclass(frozen=True, slots=True)
class _Shared:
    """What attributes.yaml defines, by name; `split` are attributes with several closed sets."""

    attributes: Mapping[str, Attribute]
    identities: Mapping[str, Identity]
    closed_sets: Mapping[str, Attribute]
    split: frozenset[str]


def load(directory: Path, sections: Sequence[str] = SECTIONS) -> Registry:
    """Read and check the registry in `directory`.

    Raises:
        RegistryError: Something in it breaks a rule.
    """
    document = read(directory / "attributes.yaml")
    definitions = {entry["key"]: entry for entry in document["attributes"]}
    attributes = {key: _attribute(entry) for key, entry in definitions.items()}
    identities: dict[str, Identity] = {}
    closed_sets: dict[str, Attribute] = {}
    for group in document["attribute_groups"]:
        name = _name(group["id"])
        if group["visibility"] == "public":
            identities[name] = _identity(group, attributes)
        else:
            closed_sets[name] = _closed_set(group, attributes)
    shared = _Shared(
        attributes, identities, closed_sets, frozenset(used.key for used in closed_sets.values())
    )
    # A set that signals only use in parts would invite values that are wrong for each of them.
    whole = (used for used in attributes.values() if used.enum and used.key not in shared.split)
    registry = Registry(
        attributes=tuple(attributes.values()),
        enums=tuple(_enum(used, definitions[used.key]) for used in (*whole, *closed_sets.values())),
        identities=tuple(identities.values()),
        sections=tuple(_section(directory / f"{name}.yaml", shared) for name in sections),
        text=comment(directory / "attributes.yaml")[1],
    )
    _check_names(registry)
    _check_renames(registry)
    return registry


def _section(path: Path, shared: _Shared) -> Section:
    title, text = comment(path)
    metrics = tuple(_metric(entry, path.stem, shared) for entry in read(path)["metrics"])
    return Section(path.stem, title, text, metrics)


def _metric(entry: _Entry, section: str, shared: _Shared) -> Metric:
    name: str = entry["name"]
    facts: _Entry = entry.get("annotations", {}).get("fortuna", {})
    refs = entry["attributes"]
    identities = [
        group for ref in refs if (group := shared.identities.get(_name(ref.get("ref_group", ""))))
    ]
    if len(identities) != 1:
        raise RegistryError(f"{name}: refer to exactly one public group, not to {len(identities)}")
    metric = Metric(
        name=name,
        constant=_constant(name, section),
        prometheus=translate(name, entry["unit"], entry["instrument"]),
        kind=entry["instrument"],
        unit=entry["unit"],
        brief=entry["brief"].strip(),
        note=entry.get("note", "").strip(),
        identity=identities[0],
        extra=tuple(used for ref in refs if (used := _used(ref, shared, name))),
        sets=facts.get("series", 1),
        why=facts.get("why", ""),
        critical=facts.get("critical", False),
        slow=facts.get("slow", False),
        alerts=tuple(facts.get("alerts", ())),
        buckets=tuple(float(bound) for bound in facts.get("buckets", ())),
        deprecated=_deprecation(entry),
    )
    keys = [attribute.key for attribute in metric.attributes]
    if len(set(keys)) != len(keys):
        raise RegistryError(f"{name}: an attribute is there twice: {keys}")
    if metric.sets > metric.limit:
        raise RegistryError(f"{name}: {metric.sets} series are more than its limit {metric.limit}")
    if list(metric.buckets) != sorted(set(metric.buckets)):
        raise RegistryError(f"{name}: buckets must ascend")
    return metric


def _used(ref: _Entry, shared: _Shared, where: str) -> Attribute | None:
    """Return the attribute that `ref` adds to the identity; None where it is the identity."""
    if "ref_group" in ref:
        group = _name(ref["ref_group"])
        if group in shared.identities:
            return None
        if group not in shared.closed_sets:
            raise RegistryError(f"{where}: attributes.yaml has no group {ref['ref_group']}")
        return shared.closed_sets[group]
    if ref["ref"] in shared.split:
        raise RegistryError(f"{where}: {ref['ref']} has several closed sets; refer to one's group")
    return _defined(ref, shared.attributes, where)


def _defined(ref: _Entry, attributes: Mapping[str, Attribute], where: str) -> Attribute:
    if ref["ref"] not in attributes:
        raise RegistryError(f"{where}: attributes.yaml has no attribute {ref['ref']}")
    return attributes[ref["ref"]]


def _attribute(entry: _Entry) -> Attribute:
    if entry["type"] == "string":
        maximum = entry["annotations"]["fortuna"]["max"]
        return Attribute(
            entry["key"], entry["brief"], maximum=maximum, examples=tuple(entry["examples"])
        )
    values = tuple(member["value"] for member in entry["type"]["members"])
    return Attribute(entry["key"], entry["brief"], values, _camel(entry["key"]))


def _identity(group: _Entry, attributes: Mapping[str, Attribute]) -> Identity:
    facts = group["annotations"]["fortuna"]
    return Identity(
        name=_name(group["id"]),
        brief=group["brief"],
        letter=facts.get("letter", ""),
        desk=facts["desk"],
        process=facts["process"],
        attributes=tuple(
            _defined(ref, attributes, group["id"]) for ref in group.get("attributes", ())
        ),
    )


def _closed_set(group: _Entry, attributes: Mapping[str, Attribute]) -> Attribute:
    (ref,) = group["attributes"]
    whole = _defined(ref, attributes, group["id"])
    values = tuple(ref["annotations"]["fortuna"]["values"])
    if unknown := sorted(set(values) - set(whole.values)):
        raise RegistryError(f"{group['id']}: {unknown} are no members of {whole.key}")
    return Attribute(whole.key, ref["brief"], values, _camel(_name(group["id"])))


def _enum(used: Attribute, entry: _Entry) -> Enum:
    members = {member["value"]: member for member in entry["type"]["members"]}
    return Enum(
        name=cast("str", used.enum),
        key=used.key,
        brief=used.brief,
        members=tuple(
            (members[value]["id"].upper(), value, members[value]["brief"]) for value in used.values
        ),
    )


def _deprecation(entry: _Entry) -> Deprecation | None:
    if not (deprecated := entry.get("deprecated")):
        return None
    renamed_to = deprecated.get("renamed_to")
    return Deprecation(renamed_to, deprecated.get("note", f"Renamed to `{renamed_to}`.").strip())


def _check_names(registry: Registry) -> None:
    """Refuse two signals with one series or constant."""
    owners: dict[str, str] = {}
    for section in registry.sections:
        for metric in section.metrics:
            # A histogram also claims its bare name, which some readers take for the family.
            claims = {metric.prometheus, *metric.series_names, f"{section.name}.{metric.constant}"}
            for claim in sorted(claims):
                if claim in owners:
                    raise RegistryError(f"{metric.name}: {claim} is taken by {owners[claim]}")
                owners[claim] = metric.name


def _check_renames(registry: Registry) -> None:
    """Refuse a rename that leads nowhere, or changes more than the name.

    While services write either, rules and board take the two for one; and a page that reads both
    needs both in the critical pipeline.
    """
    by_name = {metric.name: metric for metric in registry.metrics}
    for old in registry.metrics:
        renamed_to = old.deprecated and old.deprecated.renamed_to
        if not renamed_to:
            continue
        new = by_name.get(renamed_to)
        if new is None:
            raise RegistryError(f"{old.name}: renamed to {renamed_to}, which does not exist")
        for fact in ("kind", "unit", "attributes", "critical", "slow", "buckets"):
            if getattr(old, fact) != getattr(new, fact):
                raise RegistryError(f"{old.name}: renamed to {renamed_to}, whose {fact} differs")
        if new.deprecated:
            raise RegistryError(f"{old.name}: renamed to {renamed_to}, which is deprecated too")


def _name(group_id: str) -> str:
    return group_id.removeprefix("fortuna.")


def _camel(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("_"))


def _constant(name: str, section: str) -> str:
    words = name.split(".")[1:]
    if len(words) > 1 and words[0] in {section, section.removesuffix("s")}:
        words = words[1:]
    return "_".join(words).upper()


def _translator() -> Callable[[str, str, str], str]:
    """Load the translation by its path: the package's generated modules may not import yet."""
    path = ROOT / "src/fortuna_otel/signals/prometheus.py"
    spec = importlib.util.spec_from_file_location("_fortuna_prometheus", path)
    if spec is None or spec.loader is None:
        raise RegistryError(f"{path} cannot be loaded")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return cast("Callable[[str, str, str], str]", module.metric_name)


translate: Final = _translator()
