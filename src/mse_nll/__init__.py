"""Regression losses as negative log-likelihoods."""

from mse_nll.data import heteroscedastic_data, linear_data
from mse_nll.gaussian import (
    beta_negative_log_likelihood,
    heteroscedastic_negative_log_likelihood,
    negative_log_likelihood,
)
from mse_nll.linear import LinearFit, LinearPrediction, fit_linear
from mse_nll.metrics import coverage, mean_squared_error, r_squared, root_mean_squared_error
from mse_nll.robust import (
    huber_negative_log_likelihood,
    laplace_negative_log_likelihood,
    student_t_negative_log_likelihood,
)
from mse_nll.training import RegressionNetwork, train

__all__ = [
    "LinearFit",
    "LinearPrediction",
    "RegressionNetwork",
    "beta_negative_log_likelihood",
    "coverage",
    "fit_linear",
    "heteroscedastic_data",
    "heteroscedastic_negative_log_likelihood",
    "huber_negative_log_likelihood",
    "laplace_negative_log_likelihood",
    "linear_data",
    "mean_squared_error",
    "negative_log_likelihood",
    "r_squared",
    "root_mean_squared_error",
    "student_t_negative_log_likelihood",
    "train",
]
