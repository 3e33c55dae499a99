r"""Linear regression in closed form: the Gaussian maximum likelihood fit by one QR factorisation."""

import math
from dataclasses import dataclass, field

import scipy.special
import torch
from torch import Tensor

from mse_nll._checks import check_number, check_same, check_tensor, check_type

_EPS = torch.finfo(torch.float64).eps
_LARGEST = 1e150  # squares of what is fitted stay finite in float64


@dataclass(frozen=True, eq=False)
class LinearPrediction:
    """Predicted means with their intervals; each tensor has one row for each row of ``X``.

    Attributes:
        mean: Predicted mean, shape ``(m,)``, or ``(m, 1)`` if the targets were a column.
        confidence_interval: Lower and upper end for the *mean* at each row: a pair of tensors of
            ``mean``'s shape.
    """

    mean: Tensor
    confidence_interval: tuple[Tensor, Tensor]
    _prediction_interval: tuple[Tensor, Tensor] | None = field(repr=False)

    @property
    def prediction_interval(self) -> tuple[Tensor, Tensor]:
        """Lower and upper end for a *new observation* at each row, whose noise it includes.

        Raises:
            ValueError: The fit was weighted and ``predict`` was not told the new rows' weights.
        """
        if self._prediction_interval is None:
            raise ValueError("the fit was weighted: give predict the new rows' weights too")
        return self._prediction_interval


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
        n: Number of observations, those of weight 0 left out.
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
    _weighted: bool = field(repr=False)

    @property
    def covariance(self) -> Tensor:
        """Covariance of the estimates, shape (p, p), intercept first, unbiased variance."""
        return self._covariance_root @ self._covariance_root.T

    @property
    def standard_errors(self) -> Tensor:
        """Standard errors of the estimates, shape (p,), the intercept first, which ``coefficients`` lacks."""
        errors: Tensor = torch.linalg.vector_norm(self._covariance_root, dim=1)
        return errors

    def aic(self, count_sigma: bool = False) -> float:
        r"""Akaike's information criterion, :math:`2k - 2\ell`: the lower, the better.

        Args:
            count_sigma: Whether k counts sigma beside the coefficients. Packages differ, and so
                do their values, by 2; a comparison is not affected if all models count alike.

        Returns:
            The criterion in nats, doubled.

        Source: :cite:p:`akaike1974`.
        """
        return 2.0 * (self.n_parameters + count_sigma) - 2.0 * self.log_likelihood

    def bic(self, count_sigma: bool = False) -> float:
        r"""Schwarz's criterion, :math:`k \log n - 2\ell`: the lower, the better.

        Args:
            count_sigma: Whether k counts sigma beside the coefficients.

        Returns:
            The criterion in nats, doubled.

        Source: :cite:p:`schwarz1978`.
        """
        return math.log(self.n) * (self.n_parameters + count_sigma) - 2.0 * self.log_likelihood

    def predict(
        self, X: Tensor, level: float = 0.95, *, weights: Tensor | None = None
    ) -> LinearPrediction:
        r"""Predict means at new rows, with both intervals.

        .. math::

            \hat{y} \pm t_{n-p} \, s \sqrt{h}
            \quad\text{(mean)}, \qquad
            \hat{y} \pm t_{n-p} \, s \sqrt{1 / \omega + h}
            \quad\text{(new observation)}, \qquad
            h = \mathbf{x}^\top (\mathbf{X}^\top \Omega \mathbf{X})^{-1} \mathbf{x}

        with ``sigma_unbiased`` as :math:`s`, the two-sided Student-t quantile :math:`t_{n-p}`, the
        weights of the fit on the diagonal of :math:`\Omega` and the new row's weight
        :math:`\omega`. Both are exact in finite samples if the model is right: linear, with
        independent Gaussian noise whose variances are known up to one factor.

        Args:
            X: New inputs, shape ``(m, d)``, without a column of ones.
            level: Probability that an interval covers, between 0 and 1.
            weights: Relative precisions of the new rows, on the scale of the fit's, one for each.
                ``None`` means 1 for each after an unweighted fit; after a weighted one, asking for
                the prediction interval then raises.

        Returns:
            The means and both intervals.

        Raises:
            TypeError: An input is not a floating-point tensor, or ``level`` is not a number.
            ValueError: ``X`` has another number of columns, ``level`` is outside (0, 1), or
                ``weights`` does not hold one number for each row or holds a negative one.

        Source: :cite:p:`seber2003`, section 5.3.
        """
        inputs = _check_matrix(X)
        given, fitted = inputs.shape[1], len(self.coefficients)
        if given != fitted:
            raise ValueError(f"X has {given} columns but the model was fitted to {fitted}")
        check_type("X", inputs, "coefficients", self.coefficients)
        probability = check_number("level", level)
        if not 0.0 < probability < 1.0:
            raise ValueError(f"level must lie between 0 and 1, got {level}: write 0.95 for 95 %")
        design = inputs if self.n_parameters == inputs.shape[1] else _with_ones(inputs)
        mean = inputs @ self.coefficients + self.intercept
        mean = mean.unsqueeze(-1) if self._column else mean
        error = torch.linalg.vector_norm(design @ self._covariance_root, dim=1)
        t = -scipy.special.stdtrit(self.n - self.n_parameters, 0.5 * (1.0 - probability))
        noise: Tensor | None = torch.full_like(error, self.sigma_unbiased)
        if weights is not None:
            noise = self.sigma_unbiased / _check_weights(weights, "the prediction", mean).sqrt()
        elif self._weighted:
            noise = None

        def around(half_width: Tensor) -> tuple[Tensor, Tensor]:
            half_width = half_width.reshape(mean.shape)
            return mean - half_width, mean + half_width

        return LinearPrediction(
            mean=mean,
            confidence_interval=around(t * error),
            _prediction_interval=None if noise is None else around(t * error.hypot(noise)),
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

    The coefficients minimise the (weighted) mean squared error. They come from one QR factorisation
    of the design with the targets as its last column: its triangle holds the coefficients, the size
    of the residuals and the covariance. The normal equations would square the condition number.
    Gradients do not flow through the fit.

    Args:
        X: Inputs, shape ``(n, d)``, without a column of ones. Any floating dtype; computed in
            float64, which Apple's GPUs lack: move the data to the CPU there.
        y: Targets, shape ``(n,)`` or ``(n, 1)``.
        weights: Relative precisions :math:`\omega_i` of the observations, proportional to
            :math:`1/\sigma_i^2`, of ``y``'s shape; ``None`` for equal ones. Multiplying all by a
            constant changes ``sigma`` and ``sigma_unbiased`` alone. A row of weight 0 is left out.
        fit_intercept: Whether to fit :math:`b`.

    Returns:
        The fit. If the residuals are rounding error of the targets, ``sigma`` and every standard
        error are 0 and the log-likelihood is infinite.

    Raises:
        TypeError: An input is not a floating-point tensor, or devices differ.
        ValueError: ``X`` is not a matrix, lengths differ, there are no more rows than
            coefficients, a value is NaN, infinite or beyond 1e150, a weight is negative or
            below 1e-16 times the largest, or a column is, to the precision of ``X``, a combination
            of others (judged after scaling each to unit norm).

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

        A column that others already hold is refused:

        >>> try:
        ...     fit_linear(torch.cat([X, 2 * X], dim=1), y)
        ... except ValueError as error:
        ...     print(error)
        column 1 of X is, to the precision of torch.float32, a combination of the columns
        before it and the intercept's ones: drop it; if it is a power or a product, centre
        and scale its input first in float64, or use orthogonal polynomials

    Source: :cite:p:`bishop2006`, section 3.1.1; :cite:p:`golub2013`, section 5.3.
    """
    inputs = _check_matrix(X)
    targets = _check_targets(y, inputs)
    omega = torch.ones_like(targets)
    if weights is not None:
        omega = _check_weights(weights, "y", y)
        kept = omega > 0
        inputs, targets, omega = inputs[kept], targets[kept], omega[kept]
        if omega.numel() and omega.min() < 1e-16 * omega.max():
            raise ValueError("weights span more than a factor of 1e16: give light rows weight 0")
    design = _with_ones(inputs) if fit_intercept else inputs
    n, p = design.shape
    if n <= p:
        raise ValueError(f"{n} rows cannot determine {p} coefficients and the noise: add rows")
    augmented = torch.cat([design, targets.unsqueeze(-1)], dim=1)
    if weights is not None:
        augmented *= omega.sqrt().unsqueeze(-1)
    triangle = torch.linalg.qr(augmented, mode="r").R
    r, projected = triangle[:p, :p], triangle[:p, p:]
    _check_rank(r, X.dtype, fit_intercept)
    estimates = torch.linalg.solve_triangular(r, projected, upper=True).squeeze(-1)
    size = float(triangle[p, p].abs())
    if size <= 10 * _EPS * float(torch.linalg.vector_norm(triangle[:, p])):
        size = 0.0  # the residuals are the targets' own rounding error
    sigma, sigma_unbiased = size / math.sqrt(n), size / math.sqrt(n - p)
    log_likelihood = math.inf
    if sigma > 0.0:
        log_likelihood = 0.5 * float(omega.log().sum()) - n * (
            math.log(sigma) + 0.5 * math.log(2.0 * math.pi) + 0.5
        )
    identity = torch.eye(p, dtype=r.dtype, device=r.device)
    return LinearFit(
        coefficients=estimates[1:] if fit_intercept else estimates,
        intercept=float(estimates[0]) if fit_intercept else 0.0,
        sigma=sigma,
        sigma_unbiased=sigma_unbiased,
        log_likelihood=log_likelihood,
        n=n,
        n_parameters=p,
        _covariance_root=sigma_unbiased * torch.linalg.solve_triangular(r, identity, upper=True),
        _column=y.ndim == 2,
        _weighted=weights is not None,
    )


def _check_values(name: str, value: object) -> Tensor:
    """Return a float64 tensor without NaN, infinity and numbers whose squares would overflow."""
    values = check_tensor(name, value).detach().double()
    good = values.abs() <= _LARGEST
    if not bool(good.all()):
        row = int((~good).nonzero()[0, 0])
        said = f"values that are NaN, infinite or beyond {_LARGEST:g}, the first in row {row}"
        raise ValueError(f"{name} holds {int((~good).sum())} {said}: drop or replace them")
    return values


def _check_matrix(X: object) -> Tensor:
    """Return inputs as a float64 matrix."""
    shape = tuple(check_tensor("X", X).shape)
    if len(shape) != 2:
        write = ": write X[:, None] for a single input" if len(shape) == 1 else ""
        raise ValueError(f"X must have shape (n, d), got {shape}{write}")
    return _check_values("X", X)


def _check_targets(y: object, inputs: Tensor) -> Tensor:
    """Return targets (n,) as float64, one for each row of the inputs."""
    targets = check_tensor("y", y)
    if targets.shape not in ((len(inputs),), (len(inputs), 1)):
        write = "fit each column by itself" if targets.ndim == 2 else "one number for each row of X"
        n, shape = len(inputs), tuple(targets.shape)
        raise ValueError(f"y must have shape ({n},) or ({n}, 1), got {shape}: {write}")
    check_type("y", targets.double(), "X", inputs)
    return _check_values("y", targets).reshape(-1)


def _check_weights(weights: object, name: str, like: Tensor) -> Tensor:
    """Return float64 weights (n,), none of them negative, given in the shape of ``like``."""
    omega = check_same("weights", _check_values("weights", weights), name, like.double())
    if bool((omega < 0).any()):
        raise ValueError(f"weights must not be negative, got {float(omega.min())}")
    return omega.reshape(-1)


def _check_rank(r: Tensor, dtype: torch.dtype, fit_intercept: bool) -> None:
    """Raise if, to the precision in which X came, a column is a combination of those before it."""
    norms = torch.linalg.vector_norm(r, dim=0)
    unit = r / torch.where(norms > 0, norms, 1.0)
    singular = torch.linalg.svdvals(unit)
    if singular[-1] <= max(torch.finfo(dtype).eps, 100 * _EPS) * singular[0]:
        column = int(unit.diagonal().abs().argmin()) - fit_intercept
        raise ValueError(
            f"column {column} of X is, to the precision of {dtype}, a combination of the columns "
            "before it and the intercept's ones: drop it; if it is a power or a product, centre "
            "and scale its input first in float64, or use orthogonal polynomials"
        )


def _with_ones(inputs: Tensor) -> Tensor:
    """Put a column of ones before the inputs."""
    return torch.cat([torch.ones_like(inputs[:, :1]), inputs], dim=1)
