r"""Linear regression in closed form: the Gaussian maximum likelihood fit, to the last digits."""

import math
from dataclasses import dataclass, field

import torch
from torch import Tensor

from mse_nll._checks import check_dtype_and_device, check_number, check_same, check_tensor
from mse_nll._numerics import accurate_product, student_t_quantile, two_product

_EPS = torch.finfo(torch.float64).eps
_BLOCK = 8192  # rows refined at a time, so that the working memory stays in the cache


@dataclass(frozen=True, eq=False)
class LinearPrediction:
    """Predicted means with their intervals; each tensor has one row for each row of ``X``.

    Attributes:
        mean: Predicted mean, shape ``(m,)``, or ``(m, 1)`` if the targets were a column.
        confidence_interval: Lower and upper end for the *mean* at each row: a pair of tensors of
            ``mean``'s shape. It shrinks to nothing as the sample grows.
        prediction_interval: Lower and upper end for a *new observation* of weight 1 at each row:
            wider, for it adds the noise, and does not shrink below it.
    """

    mean: Tensor
    confidence_interval: tuple[Tensor, Tensor]
    prediction_interval: tuple[Tensor, Tensor]


@dataclass(frozen=True, eq=False)
class LinearFit:
    """A fitted linear model, as :func:`~mse_nll.fit_linear` returns it; numbers and tensors are float64.

    Attributes:
        coefficients: One for each column of ``X``, shape ``(d,)``.
        intercept: The constant term; 0.0 if none was fitted.
        sigma: Maximum likelihood estimate of the noise standard deviation, which divides by n;
            biased downwards. With weights, that of an observation of weight 1.
        sigma_unbiased: Square root of the unbiased variance, which divides by n - p.
        log_likelihood: Maximised log-likelihood in nats, all constants kept; infinite for an exact
            fit.
        n: Number of observations.
        n_parameters: Number of coefficients p, the intercept counted, sigma not.
    """

    coefficients: Tensor
    intercept: float
    sigma: float
    sigma_unbiased: float
    log_likelihood: float
    n: int
    n_parameters: int
    _covariance_root: Tensor = field(repr=False)
    _column: bool = field(repr=False)

    @property
    def covariance(self) -> Tensor:
        """Covariance of the estimates, shape (p, p), intercept first, unbiased variance."""
        return self._covariance_root @ self._covariance_root.T

    @property
    def standard_errors(self) -> Tensor:
        """Standard errors of the estimates, shape (p,), intercept first."""
        return self.covariance.diagonal().sqrt()

    def aic(self, count_sigma: bool = False) -> float:
        r"""Akaike's information criterion, :math:`2k - 2\ell`: less is better.

        Args:
            count_sigma: Whether k counts sigma beside the coefficients. Packages differ, and so
                do their values, by 2; a comparison is not affected if all models count alike.

        Returns:
            The criterion in nats, doubled.

        Source: :cite:p:`akaike1974`.
        """
        return 2.0 * (self.n_parameters + count_sigma) - 2.0 * self.log_likelihood

    def bic(self, count_sigma: bool = False) -> float:
        r"""Schwarz's criterion, :math:`k \log n - 2\ell`: less is better.

        Args:
            count_sigma: Whether k counts sigma beside the coefficients.

        Returns:
            The criterion in nats, doubled.

        Source: :cite:p:`schwarz1978`.
        """
        return math.log(self.n) * (self.n_parameters + count_sigma) - 2.0 * self.log_likelihood

    def predict(self, X: Tensor, level: float = 0.95) -> LinearPrediction:
        r"""Predict means at new rows, with both intervals.

        .. math::

            \hat{y} \pm t_{n-p} \, \hat\sigma \sqrt{h}
            \quad\text{(mean)}, \qquad
            \hat{y} \pm t_{n-p} \, \hat\sigma \sqrt{1 + h}
            \quad\text{(new observation)}, \qquad
            h = \mathbf{x}^\top (\mathbf{X}^\top \mathbf{X})^{-1} \mathbf{x}

        with the unbiased :math:`\hat\sigma` and the two-sided Student-t quantile. Both are exact in
        finite samples if the model is right: linear, independent Gaussian noise of one variance.

        Args:
            X: New inputs, shape ``(m, d)``, without a column of ones.
            level: Probability that an interval covers, between 0 and 1.

        Returns:
            The means and both intervals.

        Raises:
            TypeError: ``X`` is not a floating-point tensor, or ``level`` is not a number.
            ValueError: ``X`` has another number of columns, or ``level`` is outside (0, 1).
        """
        inputs = _check_matrix(X)
        if inputs.shape[1] != self.coefficients.shape[0]:
            raise ValueError(
                f"X has {inputs.shape[1]} columns but the model was fitted to "
                f"{self.coefficients.shape[0]}"
            )
        probability = check_number("level", level)
        if not 0.0 < probability < 1.0:
            raise ValueError(f"level must lie between 0 and 1, got {level}: write 0.95 for 95 %")
        intercepted = self.n_parameters > inputs.shape[1]
        design = _with_ones(inputs) if intercepted else inputs
        mean = inputs @ self.coefficients + self.intercept
        mean_error = torch.linalg.vector_norm(design @ self._covariance_root, dim=1)
        t = student_t_quantile(probability, self.n - self.n_parameters)
        around_mean, around_new = (
            t * mean_error,
            t * mean_error.hypot(torch.full_like(mean_error, self.sigma_unbiased)),
        )
        if self._column:
            mean, around_mean, around_new = (
                v.unsqueeze(-1) for v in (mean, around_mean, around_new)
            )
        return LinearPrediction(
            mean, (mean - around_mean, mean + around_mean), (mean - around_new, mean + around_new)
        )


def fit_linear(
    X: Tensor, y: Tensor, *, weights: Tensor | None = None, fit_intercept: bool = True
) -> LinearFit:
    r"""Fit a linear model with Gaussian noise by maximum likelihood, in closed form.

    .. math::

        y_i = b + \mathbf{w}^\top \mathbf{x}_i + \varepsilon_i, \qquad
        \varepsilon_i \sim \mathcal{N}(0, \sigma^2 / \omega_i)

    .. math::

        \ell = -\frac{n}{2} \left[ \log(2\pi\hat\sigma^2) + 1 \right]
               + \frac{1}{2} \sum_{i=1}^{n} \log \omega_i, \qquad
        \hat\sigma^2 = \frac{1}{n} \sum_{i=1}^{n} \omega_i (y_i - \hat{y}_i)^2

    The coefficients minimise the (weighted) mean squared error. They are found by a QR
    factorisation, never by the normal equations, which would square the condition number; two
    steps of iterative refinement, with residuals in twice the working precision, then win back the
    digits that an ill-conditioned design loses. Gradients do not flow through the fit.

    Args:
        X: Inputs, shape ``(n, d)``, without a column of ones. Any floating dtype; computed in
            float64.
        y: Targets, shape ``(n,)`` or ``(n, 1)``.
        weights: Relative precisions :math:`\omega_i` of the observations, proportional to
            :math:`1/\sigma_i^2`, of ``y``'s shape; ``None`` for equal ones. Multiplying all by a
            constant changes ``sigma`` only.
        fit_intercept: Whether to fit :math:`b`.

    Returns:
        The fit. If the residuals are rounding error only, ``sigma`` and every standard error are 0
        and the log-likelihood is infinite.

    Raises:
        TypeError: An input is not a floating-point tensor.
        ValueError: ``X`` is not a matrix, lengths or devices differ, there are no more rows than
            coefficients, a value is NaN or infinite, a weight is not positive, or the columns are
            linearly dependent (judged after scaling each to unit norm).

    Examples:
        >>> import torch
        >>> from mse_nll import fit_linear
        >>> X = torch.tensor([[0.0], [1.0], [2.0], [3.0]])
        >>> y = torch.tensor([1.0, 3.5, 4.5, 7.0])
        >>> fit = fit_linear(X, y)
        >>> fit.intercept, fit.coefficients
        (1.15, tensor([1.9000], dtype=torch.float64))

        ``sigma`` divides by n, ``sigma_unbiased`` by n - p:

        >>> fit.sigma, fit.sigma_unbiased
        (0.33541, 0.47434)

        With four points the interval for a new observation is wide:

        >>> prediction = fit.predict(torch.tensor([[4.0]]), level=0.95)
        >>> prediction.mean
        tensor([8.7500], dtype=torch.float64)
        >>> torch.cat(prediction.prediction_interval)
        tensor([ 5.5230, 11.9770], dtype=torch.float64)

        A column that another already holds is refused:

        >>> fit_linear(torch.cat([X, 2 * X], dim=1), y)
        Traceback (most recent call last):
            ...
        ValueError: the design has rank 2 but 3 columns (with the intercept's): drop a redundant one

    Source: :cite:p:`bishop2006`, section 3.1.1; refinement after Björck (1967).
    """
    inputs, targets, omega = _check_data(X, y, weights)
    design = _with_ones(inputs) if fit_intercept else inputs
    n, p = design.shape
    if n <= p:
        raise ValueError(
            f"{n} rows cannot determine {p} coefficients and the noise: more than {p} rows "
            "are needed"
        )
    # Powers of two scale the columns without a rounding error.
    column_scale, target_scale = _power_of_two(design), _power_of_two(targets)
    design, targets = design / column_scale, targets / target_scale
    root = omega.sqrt()
    q, r = torch.linalg.qr(root.unsqueeze(-1) * design)
    _check_rank(r, n, fit_intercept)
    beta, residuals = _solve_refined(design, targets, omega, q, r)

    magnitude = design.abs() @ beta.abs() + targets.abs()
    size = float(torch.linalg.vector_norm(root * residuals))
    if size <= p * _EPS * float(torch.linalg.vector_norm(root * magnitude)):
        size = 0.0
    size *= float(target_scale)
    sigma, sigma_unbiased = size / math.sqrt(n), size / math.sqrt(n - p)
    log_likelihood = math.inf
    if sigma > 0.0:
        log_likelihood = 0.5 * float(omega.log().sum()) - n * (
            math.log(sigma) + 0.5 * math.log(2.0 * math.pi) + 0.5
        )
    inverse = torch.linalg.solve_triangular(r, torch.eye(p).to(r), upper=True)
    estimates = beta * target_scale / column_scale
    return LinearFit(
        coefficients=estimates[1:] if fit_intercept else estimates,
        intercept=float(estimates[0]) if fit_intercept else 0.0,
        sigma=sigma,
        sigma_unbiased=sigma_unbiased,
        log_likelihood=log_likelihood,
        n=n,
        n_parameters=p,
        _covariance_root=sigma_unbiased * inverse / column_scale.unsqueeze(-1),
        _column=y.ndim == 2,
    )


def _check_matrix(X: object) -> Tensor:
    """Return inputs as a float64 matrix of finite numbers."""
    inputs = check_tensor("X", X).detach().double()
    if inputs.ndim != 2:
        hint = ": write X[:, None] for a single input" if inputs.ndim == 1 else ""
        raise ValueError(f"X must have shape (n, d), got {tuple(inputs.shape)}{hint}")
    return _check_finite("X", inputs)


def _check_finite(name: str, values: Tensor) -> Tensor:
    """Return values that hold no NaN and no infinity."""
    bad = ~values.isfinite()
    if bool(bad.any()):
        raise ValueError(
            f"{name} holds {int(bad.sum())} values that are NaN or infinite, the first in row "
            f"{int(bad.nonzero()[0, 0])}: drop or replace them"
        )
    return values


def _check_data(X: Tensor, y: Tensor, weights: Tensor | None) -> tuple[Tensor, Tensor, Tensor]:
    """Return inputs (n, d), targets (n,) and weights (n,), all finite and float64."""
    inputs = _check_matrix(X)
    targets = check_tensor("y", y).detach().double()
    if targets.ndim > 2 or (targets.ndim == 2 and targets.shape[1] != 1) or targets.ndim == 0:
        raise ValueError(f"y must have shape (n,) or (n, 1), got {tuple(targets.shape)}")
    if targets.shape[0] != inputs.shape[0]:
        raise ValueError(f"X has {inputs.shape[0]} rows but y has {targets.shape[0]}")
    check_dtype_and_device("y", targets, "X", inputs)
    omega = torch.ones_like(targets)
    if weights is not None:
        omega = check_tensor("weights", weights).detach().double()
        check_same("weights", omega, "y", targets)
        _check_finite("weights", omega)
        if bool((omega <= 0).any()):
            raise ValueError(
                f"weights must be positive, got {float(omega.min())} as the smallest: "
                "drop the rows that shall not count"
            )
    return inputs, _check_finite("y", targets).reshape(-1), omega.reshape(-1)


def _check_rank(r: Tensor, n: int, fit_intercept: bool) -> None:
    """Raise if the columns, scaled to unit norm, are linearly dependent to rounding error."""
    norms = torch.linalg.vector_norm(r, dim=0)
    singular = torch.linalg.svdvals(r / torch.where(norms > 0, norms, 1.0))
    rank = int((singular > 10 * _EPS * n * singular[0]).sum())
    if rank < r.shape[1]:
        counted = " (with the intercept's)" if fit_intercept else ""
        raise ValueError(
            f"the design has rank {rank} but {r.shape[1]} columns{counted}: drop a redundant one"
        )


def _with_ones(inputs: Tensor) -> Tensor:
    """Put a column of ones before the inputs."""
    return torch.cat([torch.ones_like(inputs[:, :1]), inputs], dim=1)


def _power_of_two(values: Tensor) -> Tensor:
    """Return the power of two just above each column's largest absolute value; 1 for zeros."""
    return torch.exp2(torch.frexp(values.abs().amax(dim=0)).exponent.double())


def _solve_refined(
    design: Tensor, targets: Tensor, omega: Tensor, q: Tensor, r: Tensor
) -> tuple[Tensor, Tensor]:
    r"""Return coefficients and residuals of weighted least squares, refined together.

    They solve the augmented system :math:`e + A\beta = y`, :math:`A^\top \Omega e = 0`. Each step
    computes both defects in twice the working precision and corrects by the QR factors of
    :math:`\Omega^{1/2} A`; the error shrinks by about (condition number) × 1e-16 a step.
    """
    root, stacked = omega.sqrt(), torch.cat([targets.unsqueeze(-1), design], dim=1)
    beta, residuals = torch.zeros_like(design[0]), torch.zeros_like(targets)
    one = torch.ones_like(beta[:1])
    for _ in range(3):  # the first step is the plain QR solution, two refine it
        rows = torch.cat([stacked, residuals.unsqueeze(-1)], dim=1)
        signed = torch.cat([one, -beta, -one])
        defect = root * torch.cat([accurate_product(b, signed) for b in torch.split(rows, _BLOCK)])
        slope = torch.zeros_like(beta)
        blocks = (torch.split(v, _BLOCK) for v in (design, *two_product(omega, residuals)))
        for block, weighted, rest in zip(*blocks, strict=True):
            slope -= accurate_product(block.T, weighted) + block.T @ rest
        along = torch.linalg.solve_triangular(r.T, slope.unsqueeze(-1), upper=False).squeeze(-1)
        fitted = q.T @ defect - along
        step = torch.linalg.solve_triangular(r, fitted.unsqueeze(-1), upper=True).squeeze(-1)
        beta, residuals = beta + step, residuals + (defect - q @ fitted) / root
    return beta, residuals
