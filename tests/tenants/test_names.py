"""Which subdomains can be had, and which schema they give."""

import pytest

from apps.tenants.domain import names


@pytest.mark.parametrize("slug", ["acme", "a", "acme-2", "a1", "north-sea-gas", "a" * 40])
def test_a_good_slug(slug):
    names.check_slug(slug)


@pytest.mark.parametrize(
    "slug",
    [
        "",
        "Acme",
        "ACME",
        "1acme",
        "-acme",
        "acme-",
        "ac--me",
        "ac_me",
        "ac.me",
        "ac me",
        "äcme",
        "a" * 41,
        "acme\n",
        "x;",
    ],
)
def test_a_bad_slug_names_the_rule(slug):
    with pytest.raises(names.BadSlug) as refusal:
        names.check_slug(slug)

    assert refusal.value.field == "slug"
    assert str(refusal.value) == (
        "A subdomain has lowercase letters, digits and single hyphens between them, begins with a letter "
        "and has at most 40 characters."
    )


@pytest.mark.parametrize("slug", ["www", "api", "admin", "static", "public", "template", "ws"])
def test_a_reserved_slug_says_so(slug):
    with pytest.raises(names.BadSlug) as refusal:
        names.check_slug(slug)

    assert str(refusal.value) == f"The subdomain “{slug}” is reserved."


def test_every_reserved_slug_would_be_taken_otherwise():
    assert [slug for slug in names.RESERVED_SLUGS if not names._SLUG.fullmatch(slug)] == []


def test_schemas_of_different_slugs_differ():
    assert names.schema_of("acme-2") == "t_acme_2"
    assert names.schema_of("acme2") == "t_acme2"
    assert len(names.schema_of("a" * names.MAX_SLUG_LENGTH)) <= 63
