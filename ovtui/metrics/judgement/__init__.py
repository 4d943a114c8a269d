"""Judgements over figures: overload, steadiness, two modes."""
