"""Each locale's numbers: what templates say is among the right ones, and none is another country's."""

import pytest


def digits(number):
    return "".join(c for c in number if c.isdigit())


@pytest.mark.parametrize(
    ("locale", "emergency", "crisis"),
    [
        ("US", "911", "988"),
        ("CA", "911", "988"),
        ("UK", "999", "116 123"),
        ("EU", "112", "116 123"),
        ("AU", "000", "13 11 14"),
        ("NZ", "111", "1737"),
    ],
)
def test_the_numbers_are_those_of_the_country(vocabulary, locale, emergency, crisis):
    assert vocabulary["locales"][locale]["say"]["emergency"] == emergency
    assert vocabulary["locales"][locale]["say"]["crisis"] == crisis


def test_what_templates_say_is_among_the_right_numbers(vocabulary):
    for locale in vocabulary["locales"].values():
        for kind in ("emergency", "crisis", "poison"):
            assert locale["say"][kind] in locale["numbers"][kind]
        assert locale["say"]["er"]


def test_111_is_an_emergency_number_in_new_zealand_and_nowhere_else(vocabulary):
    having = {
        name for name, locale in vocabulary["locales"].items() if "111" in map(digits, locale["numbers"]["emergency"])
    }
    assert having == {"NZ"}


def test_the_poison_and_crisis_lines_are_no_emergency_numbers(vocabulary):
    for locale in vocabulary["locales"].values():
        emergency = set(locale["numbers"]["emergency"])
        assert not emergency & set(locale["numbers"]["crisis"])


def test_every_locale_shift_leads_to_a_locale(vocabulary):
    led = {e["locale"] for e in vocabulary["shifts"].values() if "locale" in e}
    assert led <= set(vocabulary["locales"])
    assert {"UK", "EU", "AU", "NZ", "CA"} <= led
