"""Finding a transformers model, telling its contents apart from another's, and loading it."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

from pytest_rlhfstress.errors import UserError, nearest
from pytest_rlhfstress.models.missing_extra import missing_extra

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

_HUB_ID = re.compile(r"(?:\w[\w.-]*/)?\w[\w.-]*")
_DESCRIBING = ("config.json", "adapter_config.json")
_PARTS = frozenset({".bin", ".jinja", ".json", ".model", ".safetensors", ".txt"})


class AutoClass(Protocol):
    """One of transformers' Auto classes."""

    def from_pretrained(self, path: str, **settings: object) -> object:
        """What is stored at ``path``."""
        ...


def located(path: str, spec: str) -> str:
    """The folder at ``path``, absolute, or ``path`` itself where it can only be a name on the Hugging Face hub.

    Raises UserError, naming ``spec``, for a folder that does not exist or holds no model.
    """
    folder = Path(path).expanduser()
    if folder.is_dir():
        if not any((folder / name).is_file() for name in _DESCRIBING):
            raise UserError(f"the model {spec!r}: the folder {path} holds no config.json, so no transformers model")
        return str(folder.resolve())
    # "models/scheduler" reads like a name on the hub; where there is a folder "models" it was meant as a path.
    if _HUB_ID.fullmatch(path) and not ("/" in path and folder.parent.is_dir()):
        return path
    beside = [p.name for p in folder.parent.iterdir() if p.is_dir()] if folder.parent.is_dir() else []
    hint = nearest(folder.name, beside) if beside else ""
    raise UserError(f"the model {spec!r}: there is no folder {path}{hint if 'did you mean' in hint else ''}")


def fingerprint(path: str, name: str) -> str:
    """What tells the contents of a model from those of another: a digest of its files, or its commit on the hub.

    A model trained on and saved over the old one must not be credited with the old one's replies. Raises
    UserError where the hub cannot say.
    """
    folder = Path(path)
    if not folder.is_dir():
        with loading(name):
            from transformers import AutoConfig

            config = AutoConfig.from_pretrained(path)
        return f"{path}@{getattr(config, '_commit_hash', None) or 'unknown'}"
    digest = hashlib.sha256()
    for file in sorted(p for p in folder.iterdir() if p.suffix in _PARTS and p.is_file()):
        with file.open("rb") as content:
            digest.update(f"{file.name}\0{hashlib.file_digest(content, 'sha256').hexdigest()}\n".encode())
    return digest.hexdigest()[:32]


def load_tokenizer(path: str, name: str) -> PreTrainedTokenizerBase:
    """The tokenizer, which must have a chat template. Raises UserError otherwise."""
    with loading(name):
        from transformers import AutoTokenizer

        tokenizer = cast("PreTrainedTokenizerBase", cast(AutoClass, AutoTokenizer).from_pretrained(path))
    if not tokenizer.chat_template:
        raise UserError(
            f"{name}: its tokenizer has no chat template, so nobody can tell how it wants a conversation written; "
            "put the one it was trained with into chat_template.jinja beside its config.json"
        )
    return tokenizer


def load_weights(kind: AutoClass, path: str, name: str) -> PreTrainedModel:
    """The model on its device, ready to be asked. ``kind`` is an Auto class of transformers.

    Raises UserError where the files lack weights: transformers would put random numbers in their place.
    """
    import torch

    with loading(name):
        loaded, found = cast(
            "tuple[PreTrainedModel, Mapping[str, Sequence[str]]]",
            kind.from_pretrained(path, dtype="auto", output_loading_info=True),
        )
        missing = sorted(found["missing_keys"])
        if missing:
            raise UserError(
                f"{name}: the files hold no weights for {', '.join(missing[:3])}, which {type(loaded).__name__} needs: "
                "this is another kind of model"
            )
        loaded.to("cuda" if torch.cuda.is_available() else "cpu")
        _share_the_processors()
    return loaded.eval()


def _share_the_processors() -> None:
    """Threads for this process's part of the processors under xdist: more would wait for each other, spinning."""
    import torch

    workers = os.environ.get("PYTEST_XDIST_WORKER_COUNT")
    if workers and "OMP_NUM_THREADS" not in os.environ:
        torch.set_num_threads(max(1, (os.cpu_count() or 1) // int(workers)))


@contextmanager
def loading(name: str) -> Iterator[None]:
    """Quietly: no progress bars, and one UserError for whatever goes wrong."""
    with missing_extra("hf", name):
        import torch  # noqa: F401
        from transformers.utils import logging
    verbosity, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    except UserError:
        raise
    except Exception as error:
        said = " ".join(str(error).split())
        raise UserError(f"{name} cannot be loaded: {type(error).__name__}: {said[:400]}") from error
    finally:
        logging.set_verbosity(verbosity)
        if bars:
            logging.enable_progress_bar()


def written(
    tokenizer: PreTrainedTokenizerBase,
    messages: Sequence[Mapping[str, object]],
    tools: Sequence[Mapping[str, object]],
    name: str,
    *,
    to_continue: bool,
) -> str:
    """A conversation as the tokenizer's chat template writes it; ``to_continue`` opens the assistant's next turn.

    Raises UserError in the template's words where it refuses the conversation.
    """
    from jinja2 import TemplateError

    try:
        text = tokenizer.apply_chat_template(
            [_with_decoded_arguments(m) for m in messages],
            tools=[dict(tool) for tool in tools] or None,
            add_generation_prompt=to_continue,
            tokenize=False,
        )
    except (TemplateError, TypeError, ValueError, KeyError) as error:
        raise UserError(f"{name}: its chat template refuses the conversation: {error}") from error
    return str(text)


def _with_decoded_arguments(message: Mapping[str, object]) -> dict[str, object]:
    """Chat templates expect a tool call's arguments as a mapping; text that is no JSON stays text."""
    calls = message.get("tool_calls")
    if not isinstance(calls, Sequence):
        return dict(message)
    return {**message, "tool_calls": [_decoded(call) for call in calls]}


def _decoded(call: Mapping[str, object]) -> dict[str, object]:
    function = dict(cast(Mapping[str, object], call["function"]))
    with suppress(ValueError):
        function["arguments"] = json.loads(str(function["arguments"]))
    return {**call, "function": function}
