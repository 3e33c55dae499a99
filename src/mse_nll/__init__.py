"""Regression losses as negative log-likelihoods."""
