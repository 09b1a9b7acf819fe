"""Annotations in words that Grafana can expand: right, or not said."""

from __future__ import annotations

import pytest

from fortuna_otel.alerts.grafana_text import NOTHING, Lookups, annotation

LIMIT = (
    '{{ with query (printf "limit{client=%q,asset=%q}" $labels.client $labels.asset) }}'
    '{{ . | first | value | printf "%.0f" }}{{ else }}none{{ end }}'
)


def translated(text: str, *, sentences: bool = True) -> tuple[str, list[str]]:
    """The text, and what it looks up."""
    lookups = Lookups()
    said = annotation(text, lookups, sentences=sentences)
    return said, [query.removesuffix(f" or {NOTHING}") for query in lookups.numbers]


def test_a_lookup_becomes_a_query_for_all_alerts() -> None:
    """Its `else` stays: the value is missing where the series is."""
    assert translated(f"Limit {LIMIT}.") == (
        'Limit {{ with $values.V1 }}{{ .Value | printf "%.0f" }}{{ else }}none{{ end }}.',
        ["max by (asset, client) (limit)"],
    )


def test_the_same_lookup_is_asked_once() -> None:
    """However often it is said."""
    said, queries = translated(f"{LIMIT} and {LIMIT}")
    assert said.count("$values.V1") == 2
    assert len(queries) == 1


@pytest.mark.parametrize(
    ("query", "labels", "asked"),
    [
        ("up{job=%q}", "job", "max by (job) (up)"),
        ('up{job=%q,state=\\"on\\"}', "job", 'max by (job) (up{state="on"})'),
        ("1e4 * up{job=%q}", "job", "max by (job) (1e4 * up)"),
        ("max(up{job=%q})", "job", "max by (job) (max by (job) (up))"),
        (
            "sum(max by (side) (orders{job=%q,venue=%q}))",
            "job venue",
            "max by (job, venue) (sum by (job, venue) (max by (side, job, venue) (orders)))",
        ),
        (
            "a{job=%q} * on (asset) group_left () max by (asset) (rate)",
            "job",
            "max by (job) (a * on (asset) group_left () max by (asset) (rate))",
        ),
        (
            "max((ask{job=%q} - on (instance) bid{job=%q}))",
            "job job",
            "max by (job) (max by (job) ((ask - on (instance, job) bid)))",
        ),
        ("last_over_time(up{job=%q}[1h]) > 0", "job", "max by (job) (last_over_time(up[1h]) > 0)"),
    ],
)
def test_a_query_keeps_the_labels_that_it_asked_for(query: str, labels: str, asked: str) -> None:
    """Aggregations and joins carry them, where they have them."""
    arguments = " ".join(f"$labels.{label}" for label in labels.split())
    head = f'{{{{ with query (printf "{query}" {arguments}) }}}}'
    text = head + "{{ . | first | value }}{{ end }}"
    said, queries = translated(text)
    assert said == "{{ with $values.V1 }}{{ .Value }}{{ end }}"
    assert queries == [asked]


@pytest.mark.parametrize(
    "query",
    [
        'printf "up{job!=%q}" $labels.job',
        'printf "up{service=%q}" $labels.job',
        'printf "topk(1, up{job=%q})" $labels.job',
        'printf "sum without (a) (up{job=%q})" $labels.job',
        'printf "a{job=%q} and on (x) b{venue=%q}" $labels.job $labels.venue',
        'printf "up{job=%q}" $other',
    ],
)
def test_what_cannot_be_asked_for_all_is_left_out(query: str) -> None:
    """With its `else`, which would claim that there is nothing."""
    block = (
        f"{{{{ with query ({query}) }}}}{{{{ . | first | value }}}} up{{{{ else }}}}No{{{{ end }}}}"
    )
    text = f"Bad. {block} said."
    assert translated(text) == ("Bad.", [])


def test_a_list_is_left_out_with_its_sentence() -> None:
    """Half a sentence reads as a number that is missing."""
    listed = '{{ range query "up" }}{{ .Labels.job }}{{ end }}'
    assert translated(f"It is bad. Loops: {listed} expected. Go on.") == ("It is bad. Go on.", [])
    assert translated(f"/d/fortuna{listed}", sentences=False) == ("/d/fortuna", [])


def test_a_sentence_of_its_own_leaves_no_trace() -> None:
    """What is around it stays."""
    block = '{{ with query "sort_desc(up)" }} Up: {{ range . }}{{ .Value }}{{ end }}.{{ end }}'
    text = f"Bad.{block} Go on."
    assert translated(text) == ("Bad. Go on.", [])


def test_a_block_is_never_torn() -> None:
    """A sentence that ends in another block stays, without the list."""
    text = '{{ if $labels.a }}One. Two {{ range query "up" }}x{{ end }} three.{{ end }}'
    said, _ = translated(text)
    assert said == "{{ if $labels.a }}One. Two three.{{ end }}"


def test_values_and_functions_have_grafanas_names() -> None:
    """`$value` is a text in Grafana, and addresses are escaped by another function."""
    assert translated('{{ $value | printf "%.1f" }} {{ $labels.a | urlQueryEscape }}')[0] == (
        '{{ $values.B.Value | printf "%.1f" }} {{ $labels.a | urlquery }}'
    )


def test_white_space_that_actions_trim_is_trimmed() -> None:
    """As Go's templates do."""
    assert (
        translated("a\n{{- if $labels.b }} b{{ end -}}\n  c")[0]
        == "a{{ if $labels.b }} b{{ end }}c"
    )
