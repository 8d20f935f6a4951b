"""Adapters for the model under test: somebody's own function, OpenAI-compatible servers, transformers, litellm."""

from pytest_rlhfstress.models.faults import TransientFault
from pytest_rlhfstress.models.functions import FunctionModel
from pytest_rlhfstress.models.question import Model, Question, Sampling
from pytest_rlhfstress.models.specs import load_model, model_from

__all__ = ["FunctionModel", "Model", "Question", "Sampling", "TransientFault", "load_model", "model_from"]
