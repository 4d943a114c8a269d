"""Judgements over figures: limits, overload, steadiness, two modes."""
