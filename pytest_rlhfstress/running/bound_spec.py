"""One spec bound to the run: its model watched, its questions asked ahead, its failure scored and explained."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, cast

from pytest_rlhfstress.conversation import Case, Reply
from pytest_rlhfstress.errors import UserError
from pytest_rlhfstress.running.extending import observer
from pytest_rlhfstress.running.progress import Progress, progress_of
from pytest_rlhfstress.running.run import MODEL, REWARD, Run, suite_of
from pytest_rlhfstress.running.selection import request_of_item
from pytest_rlhfstress.running.spec_run import SpecRun, SpecStopped
from pytest_rlhfstress.running.streams import in_force, one_after_another, stream_of

if TYPE_CHECKING:
    import hypothesis
    import pytest

    from pytest_rlhfstress.asking import Asker, Unanswered
    from pytest_rlhfstress.finding import Heard, RateFound
    from pytest_rlhfstress.models import Question
    from pytest_rlhfstress.running.rates import RateClaim
    from pytest_rlhfstress.running.rehearsal import Script

NO_REWARD = "no reward model was named: --rlhf-reward=SPEC"


class BoundSpec:
    """One spec bound to the run: its fixtures replaced by ones that know which spec is asking."""

    def __init__(self, item: pytest.Function, run: Run) -> None:
        self.item = item
        self.run = run
        self.suite = suite_of(item, run)
        self.model_name = ""
        samples = run.options.samples
        mark = item.get_closest_marker("rlhf_samples")
        hold = samples
        wrong = ""
        if mark is not None:
            samples, hold = mark.kwargs.get("of", samples), mark.kwargs.get("hold", mark.kwargs.get("of", samples))
            wrong = _wrong_samples(samples, hold)
        observe = observer(item.config, item.nodeid)
        self.spec = SpecRun(1, 1) if wrong else SpecRun(samples, hold, observe, run.options.strength)
        self._wrong_marker = f"{item.nodeid}: {wrong}" if wrong else ""
        self.rate: RateFound | None = None
        self.heard: Heard | None = None
        self.wanted = 1
        """How many cases it was to try."""

    @contextmanager
    def bound(self) -> Iterator[None]:
        """The spec with ``model_under_test`` bound and its body watched, for the time of its call."""
        if self._wrong_marker:
            raise self.spec.stop(self._wrong_marker)
        stream = stream_of(self.item)
        with in_force(self.item.obj, stream) if stream is not None else nullcontext():
            self.wanted = self._cases_wanted()
            with self._watched():
                yield

    @contextmanager
    def _watched(self) -> Iterator[None]:
        arguments = self.item.funcargs
        test = cast(Callable[..., object], self.item.obj)
        if MODEL not in arguments:
            with self.spec.watching(test):
                yield
            return
        self.spec.asks = True
        before = arguments[MODEL]
        asker = self._asker(before)
        already, from_store = asker.asked, asker.from_store
        self.model_name = asker.model.name
        progress = progress_of(self.item, self.spec, asker, self.wanted)
        try:
            with self._bound_to(asker, progress), self.spec.watching(test):
                yield
        finally:
            progress.close()
            self.spec.asked = asker.asked - already
            self.heard = self.spec.hearing.heard(asker.from_store - from_store, asker.store.oldest)
            arguments[MODEL] = before
            if asker.refused is not None:
                # No other spec would get a reply either.
                self.item.session.shouldfail = f"{asker.model.name} refuses to answer"

    @contextmanager
    def _bound_to(self, asker: Asker, progress: Progress) -> Iterator[None]:
        from pytest_rlhfstress.running.model_under_test import ModelUnderTest

        def bind(ask: Callable[[Question], Reply | Unanswered]) -> None:
            def shown(question: Question) -> Reply | Unanswered:
                progress.tick()
                return ask(question)

            self.item.funcargs[MODEL] = ModelUnderTest(asker.model.name, shown, self.spec, self.suite)

        claim = self._rate_claim()
        if claim is not None:
            with self._counting(claim, asker):
                yield
            return
        if not hasattr(self.item.obj, "hypothesis"):
            bind(lambda question: asker.ask([question])[0])
            yield
            return
        if not asker.together:
            bind(lambda question: asker.ask([question])[0])
            with one_after_another(self.item, nullcontext):
                yield
            return
        from pytest_rlhfstress.running.asking_ahead import AskingAhead

        ahead = AskingAhead(self._script(), self.spec, asker, progress)
        bind(ahead.ask)
        with one_after_another(self.item, ahead.ready):
            yield

    def _cases_wanted(self) -> int:
        return self._settings.max_examples if hasattr(self.item.obj, "hypothesis") else 1

    @property
    def _settings(self) -> hypothesis.settings:
        from pytest_rlhfstress.running.engine_settings import settings_of

        test = self.item.obj
        return settings_of(getattr(test, "__func__", test))

    def _script(self) -> Script:
        from pytest_rlhfstress.running.rehearsal import Script

        test = cast(Callable[..., object], self.item.obj)
        names = self.item._fixtureinfo.argnames
        arguments = self.item.funcargs
        return Script(
            test=test,
            call=lambda: test(**{name: arguments[name] for name in names}),
            body=test.hypothesis.inner_test,  # type: ignore[attr-defined]
            model=MODEL,
            suite=self.suite,
            samples=self.spec.samples,
            hold=self.spec.hold,
        )

    def _rate_claim(self) -> RateClaim | None:
        from pytest_rlhfstress.running.rates import MARKER, claim_of

        try:
            claim = claim_of(self.item)
        except UserError as error:
            raise self.spec.stop(str(error)) from None
        if claim is not None and request_of_item(self.item) is None:
            raise self.spec.stop(f"@pytest.mark.{MARKER} needs a spec whose cases come from cases(...)")
        return claim

    @contextmanager
    def _counting(self, claim: RateClaim, asker: Asker) -> Iterator[None]:
        """The spec's call replaced, for its time, by judging independent cases until the claim is decided."""
        from pytest_rlhfstress.running.independent_cases import Body
        from pytest_rlhfstress.running.rates import carry_out

        test = self.item.obj
        request = request_of_item(self.item)
        assert request is not None
        body = Body(self.item, MODEL, self.spec, asker, self.suite)
        most, seed = self.wanted, self.run.options.seed
        measured = next((c.signals for c in self.run.calibrations if c.suite == request.suite.name), {})

        def counting(**_: object) -> None:
            with self._stopping():
                self.rate = carry_out(claim, request, body, self.spec, most, asker.ahead, seed, measured)
            if self.rate.verdict == "FAIL" and self.spec.failure is not None:
                raise self.spec.failure.error

        self.item.obj = counting
        try:
            yield
        finally:
            self.item.obj = test

    @contextmanager
    def _stopping(self) -> Iterator[None]:
        """Whatever ends the counting before the rate is decided ends the spec: one broken prompt is no verdict."""
        import pytest

        try:
            yield
        except (SpecStopped, KeyboardInterrupt, pytest.skip.Exception, pytest.exit.Exception):
            raise
        except BaseException as error:
            raise self.spec.stop(_why_not_counted(error)) from error

    def _asker(self, value: object) -> Asker:
        try:
            return self.run.asker_of(value)
        except UserError as error:
            raise self.spec.stop(str(error)) from None

    @property
    def exhausted(self) -> bool:
        """Whether Hypothesis stopped because it had tried every case there is."""
        # Its own plugin leaves its account of the search there, for --hypothesis-show-statistics. A search whose
        # phases generate nothing ends in the same words, with nothing left to do once its examples are replayed.
        return "nothing left to do" in getattr(self.item, "hypothesis_statistics", "") and self._generates

    @property
    def _generates(self) -> bool:
        from hypothesis import Phase

        return Phase.generate in self._settings.phases

    def score(self, messages: Sequence[Mapping[str, str]], replies: Sequence[str]) -> tuple[str, list[float]]:
        """The reward model's name and the mean reward of each reply; no rewards, and why, where it cannot be asked."""
        from pytest_rlhfstress.rewards import reward_from

        try:
            given = self.item._request.getfixturevalue(REWARD)
            reward = reward_from(given, self.run.ask)
            embedded = given is self.run.__dict__.get("reward") and not self.run.options.rewards
            if embedded and not self._tuned_like_the_clinic:
                return NO_REWARD, []
            values = reward.score([(messages, reply) for reply in replies])
        except Exception as error:
            # A broken reward model must not cost the failure it was only to comment on.
            return f"the reward model could not be asked: {error}", []
        name = reward.name
        if embedded and not self.model_name.startswith("clinic"):
            name += " (the embedded clinic's: no reward model was named)"
        return name, [float(v) for v in values.mean(axis=1)]

    @property
    def _tuned_like_the_clinic(self) -> bool:
        """Whether the embedded clinic's reward model says anything here: messages to a clinic are all it knows."""
        from pytest_rlhfstress.running.clinic_policy import SUITE

        return self.model_name.startswith("clinic") or (self.suite is not None and self.suite.name == SUITE)

    def explain(self, case: Case, reply: str) -> tuple[str, ...]:
        """Why the tuning allowed it, in the instruments' words; nothing where there is no tuning to audit."""
        if self.suite is None or MODEL not in self.item.funcargs:
            return ()
        try:
            audited = self.run.audited(self.item._request, self.suite)
        except Exception:
            # A fixture that fails must not cost the failure it was only to comment on; its own users are told.
            return ()
        return self.run.auditing.explain(audited, case, reply)


def _why_not_counted(error: BaseException) -> str:
    from hypothesis.errors import UnsatisfiedAssumption

    if isinstance(error, UserError):
        return str(error)
    if isinstance(error, UnsatisfiedAssumption):
        return "its body's assumptions reject cases, and a rate counts every one: narrow them in cases(...) instead"
    return f"{type(error).__name__}: {error}"


def _wrong_samples(of: object, hold: object) -> str:
    """What is wrong with the marker's numbers; a spec of which no sample need hold could not fail."""
    whole = all(isinstance(n, int) and not isinstance(n, bool) for n in (of, hold))
    if whole and 1 <= cast(int, hold) <= cast(int, of):
        return ""
    return f"rlhf_samples(of={of!r}, hold={hold!r}): write whole numbers, of from 1 and hold from 1 to of"
