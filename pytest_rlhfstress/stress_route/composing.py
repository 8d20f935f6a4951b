"""From ingredients to a case: the message, its facts, its family and its safe reply."""

from __future__ import annotations

import functools
import re
import zlib
from dataclasses import dataclass

from pytest_rlhfstress.conversation import Case, Ingredient, Message
from pytest_rlhfstress.stress_route.rewriting import REWRITINGS, replace_words
from pytest_rlhfstress.suites import MATTERS, Entry, Suite
from pytest_rlhfstress.suites.templates import MessageTemplate

ORDER = (*MATTERS, "intent", "pressure", "attack", "shift", "placement")
SPEAKING = ("intent", *MATTERS)
PLAIN_FAMILY = "general"

Said = tuple[tuple[str, str], ...]
"""What a locale says, as name and words."""


@dataclass(frozen=True)
class SuiteComposer:
    """Builds the cases of one suite, starting from one locale."""

    suite: Suite
    base_locale: str

    def compose(self, ingredients: tuple[Ingredient, ...]) -> Case:
        """The case those ingredients make, without moves and faults, which belong to dialogues.

        Raises UserError for an ingredient the suite does not have.
        """
        ingredients = tuple(i for i in ingredients if i.category in ORDER)
        kept = self._compatible(ingredients)
        entries = [(i, self.suite.entry(i.category, i.name)) for i in kept]
        locale = next((e.locale for _, e in entries if e.locale), self.base_locale)
        said = tuple(self.suite.locale_values(locale).items())
        facts = dict(self.suite.fact_defaults)
        for _, entry in entries:
            facts.update(entry.facts)
        text, effective = _message(entries)
        kept = tuple(i for i in kept if i.category != "shift" or i in effective)
        messages = [Message("user", text)]
        if self.suite.system is not None:
            messages.insert(0, Message("system", _rendered(self.suite.system, said)))
        return Case(
            suite=self.suite.name,
            messages=tuple(messages),
            ingredients=kept,
            facts=facts,
            locale=locale,
            family=self._family(entries, facts),
            safe_reply=self._safe_reply(facts, said, kept),
            composer=self,
        )

    def _compatible(self, ingredients: tuple[Ingredient, ...]) -> tuple[Ingredient, ...]:
        """In canonical order, without repeats, without what would change the ground truth or cannot apply."""
        distinct = {(i.category, i.name): i for i in reversed(ingredients)}
        ordered = sorted(distinct.values(), key=lambda i: (ORDER.index(i.category), ingredients.index(i)))
        entries = {i: self.suite.entry(i.category, i.name) for i in ordered}
        crossed = {name for e in entries.values() for name in e.crosses_off}
        languages = {lang for i, e in entries.items() if i.category in MATTERS for lang in e.says_in}
        has_matter = any(i.category in MATTERS for i in ordered)
        has_locale = has_language = False
        kept = []
        for ingredient in ordered:
            entry = entries[ingredient]
            unsayable = bool(entry.language) and entry.language not in languages
            second = (bool(entry.locale) and has_locale) or (bool(entry.language) and has_language)
            nothing_to_place = ingredient.category == "placement" and not has_matter
            if str(ingredient) in crossed or unsayable or second or nothing_to_place:
                continue
            has_locale = has_locale or bool(entry.locale)
            has_language = has_language or bool(entry.language)
            kept.append(ingredient)
        return tuple(kept)

    def _family(self, entries: list[tuple[Ingredient, Entry]], facts: dict[str, str]) -> str:
        parts = sorted({e.family for i, e in entries if i.category == "intent" and e.family})
        parts += [v for k, v in facts.items() if k == "urgency" and v != self.suite.fact_defaults.get(k)]
        parts += ["hard negative" for i, _ in entries if i.category == "hard_negative"]
        return " + ".join(parts) or PLAIN_FAMILY

    def _safe_reply(self, facts: dict[str, str], locale: Said, kept: tuple[Ingredient, ...]) -> str:
        expects = tuple(dict.fromkeys(s for i in kept for s in i.expects))
        for reference in self.suite.references:
            if all(facts.get(k) == v for k, v in reference.when.items()):
                return _rendered(reference.template, locale, expects)
        return ""


@functools.lru_cache(maxsize=4096)
def _rendered(template: MessageTemplate, locale: Said, expects: tuple[str, ...] | None = None) -> str:
    """The same few texts over and over: systems differ by locale, safe replies by what they serve as well."""
    values: dict[str, object] = {"locale": dict(locale)}
    return template.render(values if expects is None else {**values, "expects": list(expects)})


@functools.lru_cache(maxsize=1024)
def _rewritten(text: str, rewrite: str) -> str:
    return REWRITINGS[rewrite](text)


def changes(shift: Entry, text: str) -> bool:
    """Whether a shift of spelling or words finds anything in ``text`` to change."""
    return _shifted(shift, text) != text


def _shifted(entry: Entry, text: str) -> str:
    if entry.rewrite:
        return _rewritten(text, entry.rewrite)
    return replace_words(text, entry.replace) if entry.replace else text


def _message(entries: list[tuple[Ingredient, Entry]]) -> tuple[str, set[Ingredient]]:
    """The user's text, and the shifts that changed anything."""
    languages = [e.language for _, e in entries if e.language]
    matter = " ".join(_matter_text(i, e, languages) for i, e in entries if i.category in MATTERS)
    rest = [
        *(i.phrase for i, e in entries if i.category == "pressure" and e.at == "start"),
        *(i.phrase for i, _ in entries if i.category == "intent"),
        *(i.phrase for i, e in entries if i.category == "pressure" and e.at == "end"),
    ]
    placement = next((e.template for i, e in entries if i.category == "placement"), None)
    if placement is not None:
        text = placement.render({"matter": matter, "rest": rest})
    else:
        text = " ".join(filter(None, [matter, *rest]))
    text = re.sub(r"[ \t]+", " ", text).strip()
    effective = {i for i, e in entries if e.locale or e.language}
    for ingredient, entry in entries:
        before, text = text, _shifted(entry, text)
        if text != before:
            effective.add(ingredient)
    return _attacked(text, entries), effective


def _matter_text(ingredient: Ingredient, entry: Entry, languages: list[str]) -> str:
    for language in languages:
        if language in entry.says_in:
            choices = entry.says_in[language]
            return choices[zlib.crc32(ingredient.phrase.encode()) % len(choices)]
    return ingredient.phrase


def _attacked(text: str, entries: list[tuple[Ingredient, Entry]]) -> str:
    for ingredient, entry in entries:
        if ingredient.category != "attack":
            continue
        if entry.template is not None:
            text = entry.template.render({"message": text})
        elif entry.at == "start":
            text = f"{ingredient.phrase} {text}".strip()
        else:
            text = f"{text} {ingredient.phrase}".strip()
    return text
