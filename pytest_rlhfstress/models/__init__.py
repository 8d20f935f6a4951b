"""Adapters for the model under test: somebody's own function, OpenAI-compatible servers, transformers, litellm."""

from pytest_rlhfstress.models.chat_messages import message_from
from pytest_rlhfstress.models.direct import ask_directly
from pytest_rlhfstress.models.faults import TransientFault
from pytest_rlhfstress.models.functions import FunctionModel
from pytest_rlhfstress.models.question import Ask, Model, NoReply, Question, Sampling
from pytest_rlhfstress.models.specs import load_model, model_from

__all__ = [
    "Ask",
    "FunctionModel",
    "Model",
    "NoReply",
    "Question",
    "Sampling",
    "TransientFault",
    "ask_directly",
    "load_model",
    "message_from",
    "model_from",
]
