"""Adapters for reward models: somebody's own function, transformers, an HTTP endpoint, a judging model."""

from pytest_rlhfstress.rewards.reward import Item, RewardModel
from pytest_rlhfstress.rewards.specs import load_reward, reward_from

__all__ = ["Item", "RewardModel", "load_reward", "reward_from"]
