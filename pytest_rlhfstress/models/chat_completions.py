"""OpenAI's chat completions as they travel: what is sent, what comes back, and what its faults mean."""

from __future__ import annotations

import json
import socket
import ssl
from collections.abc import Iterator, Mapping, Sequence

from pytest_rlhfstress.conversation import Reply, ToolCall, Usage
from pytest_rlhfstress.errors import UserError
from pytest_rlhfstress.models.chat_messages import mapping, text_in, tool_calls_in
from pytest_rlhfstress.models.faults import (
    RETRIED_STATUS,
    PermanentFault,
    TransientFault,
    retry_after,
    status_of,
    transient,
)
from pytest_rlhfstress.models.keys import json_without_keys, key_hider, without_keys
from pytest_rlhfstress.models.question import Question, Sampling

SHOWN = 300
_REFUSED = (400, 401, 403, 404)
_GARBLED = frozenset({"HttpProcessingError", "RemoteProtocolError"})
_TLS_BROKEN_OFF = (ssl.SSLEOFError, ssl.SSLZeroReturnError, ssl.SSLSyscallError, ssl.SSLWantReadError)
_BROKEN_OFF = (ConnectionError, TimeoutError, json.JSONDecodeError, UnicodeDecodeError)


def request_of(model: str, question: Question, sampling: Sampling, length: str = "max_tokens") -> dict[str, object]:
    """The body to send; ``length`` is what the server calls the bound on new tokens."""
    wanted: dict[str, object] = {"model": model, "messages": question.as_dicts()}
    if question.tools:
        wanted["tools"] = [dict(tool) for tool in question.tools]
    # Repeats of one question must be able to differ.
    seed = None if sampling.seed is None else sampling.seed + question.sample
    settings: dict[str, object] = {
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "seed": seed,
        length: sampling.max_tokens,
        "logprobs": sampling.logprobs,
    }
    return wanted | {name: value for name, value in settings.items() if value is not None}


def reply_of(body: object, question: Question, seconds: float, name: str) -> Reply:
    """The reply in a decoded body. Raises TransientFault or UserError, naming the model, where there is none."""
    if not isinstance(body, Mapping):
        raise UserError(
            f"{name}: the server answered with something else than a JSON object: {_short(body)}. "
            "Is the base URL right? It usually ends in /v1"
        )
    choices = body.get("choices")
    if not isinstance(choices, Sequence) or not choices or not isinstance(choices[0], Mapping):
        raise _fault_within(body, name)
    message = mapping(choices[0].get("message"))
    usage = mapping(body.get("usage"))
    said = text_in(message.get("content")) or str(message.get("refusal") or "")
    # Some servers repeat what they were sent, which would be kept and shown.
    hide = key_hider()
    text = hide(said)
    return Reply(
        text=text,
        tool_calls=tuple(map(_without_keys, tool_calls_in(message.get("tool_calls")))),
        finish_reason=hide(str(choices[0].get("finish_reason") or "stop")),
        model=hide(str(body.get("model") or "")),
        usage=Usage(_count(usage, "prompt_tokens"), _count(usage, "completion_tokens")) if usage else None,
        latency=seconds,
        sample=question.sample,
        logprobs=tuple(_logprobs(choices[0].get("logprobs"))) if text == said else (),
    )


def _without_keys(call: ToolCall) -> ToolCall:
    return ToolCall(without_keys(call.id), without_keys(call.name), json_without_keys(call.arguments))


def fault_of(error: Exception, name: str, where: str, missing_key: str = "") -> Exception:
    """What ``error`` of a client means: a TransientFault, or a UserError in the provider's words.

    ``where`` says whom we asked; ``missing_key`` names what to set when the provider does not know us.
    """
    if isinstance(error, TransientFault | UserError):
        return error
    asked = name if where in name else f"{name} at {where}"
    lasting = next((c for c in causes(error) if _never_passes(c)), None)
    if lasting is not None:
        return PermanentFault(f"{asked} cannot be reached: {_short(lasting)}")
    # A client gives an answer that is no HTTP a status of its own.
    status = None if _is_garbled(error) else status_of(error)
    broken_off = any(isinstance(c, _BROKEN_OFF) for c in causes(error))
    if broken_off or _is_garbled(error) or (status is None and transient(error) is not None):
        return TransientFault(f"{asked}: {_deepest(error)}")
    if status in RETRIED_STATUS:
        return TransientFault(f"{asked} answered {status}: {provider_words(error)}", retry_after(error))
    if status is None:
        return UserError(f"{asked}: {type(error).__name__}: {_short(error)}")
    kind = PermanentFault if status in _REFUSED else UserError
    hint = {401: missing_key, 404: "Is the model's name right, and does the base URL end in /v1?" if where else ""}
    return kind(f"{asked} answered {status}: {provider_words(error)}{_sentence(hint.get(status, ''))}")


def filtered(error: Exception) -> bool:
    """Whether the provider's own filter refused to answer the prompt: that too is what users would get."""
    body = getattr(error, "body", None)
    code = body.get("code") if isinstance(body, Mapping) else None
    return status_of(error) == 400 and (
        code == "content_filter" or type(error).__name__ == "ContentPolicyViolationError"
    )


def provider_words(error: Exception) -> str:
    """The message within the body of a client's exception, else the exception's own text."""
    body = getattr(error, "body", None)
    while isinstance(body, Mapping):
        body = next((body[key] for key in ("error", "message", "detail") if body.get(key)), None)
    return _short(body if isinstance(body, str) and body else error)


def causes(error: BaseException | None) -> Iterator[BaseException]:
    """The exception and what it came from, outermost first."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _never_passes(error: BaseException) -> bool:
    unknown_host = isinstance(error, socket.gaierror) and error.errno == socket.EAI_NONAME
    return unknown_host or (isinstance(error, ssl.SSLError) and not isinstance(error, _TLS_BROKEN_OFF))


def _is_garbled(error: Exception) -> bool:
    """Whether what came was no HTTP, by the names the clients' parsers give it."""
    return any({cls.__name__ for cls in type(cause).__mro__} & _GARBLED for cause in causes(error))


def _deepest(error: Exception) -> str:
    """The innermost cause that says something: clients wrap "connection refused" into "Connection error."."""
    told = [f"{type(c).__name__}: {_short(c)}" for c in causes(error) if str(c)]
    return told[-1] if told else type(error).__name__


def _fault_within(body: Mapping[object, object], name: str) -> Exception:
    """Some gateways answer 200 and put the error into the body."""
    error = body.get("error")
    code = error.get("code") if isinstance(error, Mapping) else None
    said = error.get("message") if isinstance(error, Mapping) else error
    if error and code not in RETRIED_STATUS:
        return UserError(f"{name} answered with an error: {_short(said or error)}")
    return TransientFault(f"{name}: the answer holds no choices: {_short(said or dict(body))}")


def _logprobs(found: object) -> Iterator[tuple[str, float]]:
    tokens = mapping(found).get("content")
    for token in tokens if isinstance(tokens, Sequence) else ():
        value = mapping(token).get("logprob")
        if isinstance(value, int | float):
            yield str(mapping(token).get("token")), float(value)


def _count(usage: Mapping[str, object], name: str) -> int:
    value = usage.get(name)
    return value if isinstance(value, int) else 0


def _short(value: object) -> str:
    text = without_keys(" ".join(str(value).split()))
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}..."


def _sentence(text: str) -> str:
    return f". {text}" if text else ""
