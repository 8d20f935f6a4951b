"""Messages made for a pair of ingredients, to see whether any shows both: independent of how covering rows are made."""

from random import Random

from pytest_rlhfstress.stress_route import SuiteComposer, Wanted


def shows_both(request: Wanted, pair: frozenset[str], tries: int) -> bool:
    """Whether one of ``tries`` random messages around a pair shows both, each within the slots of the request."""
    random = Random("+".join(sorted(pair)))
    composer = SuiteComposer(request.suite, request.locale)
    for _ in range(tries):
        rest, row = set(pair), []
        for slot in request.slots:
            fitting = [i for i in slot.options if str(i) in rest]
            if fitting or slot.required or random.random() < 0.5:
                row.append(random.choice(fitting or slot.options))
                rest.discard(str(row[-1]))
        if pair <= set(map(str, composer.compose(tuple(row)).ingredients)):
            return True
    return False
