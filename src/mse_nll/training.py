"""A regression network and a training loop that reports the mean loss per row."""

import inspect
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from mse_nll._checks import check_count


class RegressionNetwork(nn.Module):
    r"""Fully connected network with ReLU hidden layers and one linear output.

    The output is the mean :math:`\hat{y}(\mathbf{x})` of a Gaussian. Where the MSE is smallest it is
    the maximum likelihood estimate of that mean within what the network can represent. The last layer
    has no activation, so the mean can be any real number.

    Args:
        input_dim: Number of input features.
        hidden_dims: Width of each hidden layer; empty for a linear model.

    Raises:
        TypeError: A size is not an int.
        ValueError: A size is less than 1.

    Examples:
        >>> import torch
        >>> from mse_nll import RegressionNetwork
        >>> model = RegressionNetwork(input_dim=10, hidden_dims=(64, 32))
        >>> model(torch.zeros(5, 10)).shape
        torch.Size([5, 1])
        >>> sum(parameter.numel() for parameter in model.parameters())
        2817

        The output is a column; targets must be one too:

        >>> y = torch.zeros(5)
        >>> torch.nn.functional.mse_loss(model(torch.zeros(5, 10)), y.unsqueeze(-1)).ndim
        0

    Source: :cite:p:`goodfellow2016`, section 6.2.2.
    """

    def __init__(self, input_dim: int, hidden_dims: Sequence[int] = (64, 32)) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        width = check_count("input_dim", input_dim)
        if not isinstance(hidden_dims, Sequence):
            raise TypeError(f"hidden_dims must be a sequence, got {hidden_dims!r}: write (64, 32)")
        for hidden_dim in hidden_dims:
            layers += [nn.Linear(width, check_count("hidden_dims", hidden_dim)), nn.ReLU()]
            width = hidden_dim
        layers.append(nn.Linear(width, 1))
        self.network = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        """Return the predicted mean, shape ``(n, 1)``, of inputs of shape ``(n, input_dim)``."""
        output: Tensor = self.network(x)
        return output


def train(
    model: nn.Module,
    loss_function: Callable[[Any, Tensor], Tensor],
    batches: Iterable[Sequence[Tensor]],
    optimizer: torch.optim.Optimizer,
    n_epochs: int,
) -> list[float]:
    r"""Train a model in place and return the mean loss per row of every epoch.

    .. math::

        \bar{L} = \frac{\sum_b n_b L_b}{\sum_b n_b}

    The last batch of an epoch is often smaller. Averaging the batch losses :math:`L_b` without
    their sizes :math:`n_b` would give its rows more weight than the others.

    Args:
        model: Called as ``model(X)``; put into training mode. It returns a tensor of ``y``'s shape,
            or a tuple, such as mean and log-variance.
        loss_function: Called as ``loss_function(model(X), y)``, PyTorch's order, which is the
            reverse of this package's ``(y_true, y_pred)``. It returns a mean over the rows.
        batches: Pairs ``(X, y)``, iterated once per epoch: a ``DataLoader`` or a list.
        optimizer: Holds the model's parameters.
        n_epochs: Number of passes over ``batches``.

    Returns:
        One number per epoch, each batch measured just before its own step.

    Raises:
        TypeError: ``n_epochs`` is not an int.
        ValueError: ``n_epochs`` is less than 1, the optimiser holds none of the model's parameters,
            an epoch has no batch (a generator is empty after the first), a batch is not a pair,
            predictions and targets differ in shape, or the loss is not a scalar or is seen to be a
            sum over the rows.

    Examples:
        >>> import torch
        >>> from mse_nll import RegressionNetwork, negative_log_likelihood, train
        >>> X = torch.tensor([[0.0], [1.0], [2.0]])
        >>> y = 2 * X
        >>> model = RegressionNetwork(1, hidden_dims=())
        >>> _ = nn.init.zeros_(model.network[0].weight), nn.init.zeros_(model.network[0].bias)
        >>> optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        >>> history = train(model, nn.MSELoss(), [(X, y)], optimizer, n_epochs=3)
        >>> [round(loss, 3) for loss in history]
        [6.667, 2.056, 0.772]

        With this package's loss, the arguments change places:

        >>> def loss_function(y_pred, y):
        ...     return negative_log_likelihood(y, y_pred, sigma=0.5, reduction="mean")
        >>> history = train(model, loss_function, [(X, y)], optimizer, n_epochs=1)
    """
    epochs = check_count("n_epochs", n_epochs)
    held = {id(parameter) for group in optimizer.param_groups for parameter in group["params"]}
    if held.isdisjoint(map(id, model.parameters())):
        raise ValueError("the optimizer holds no parameter of this model")
    default = inspect.signature(loss_function).parameters.get("reduction")
    if getattr(loss_function, "reduction", default and default.default) == "sum":
        raise ValueError('the loss sums over the rows: give it reduction="mean"')
    model.train()
    history: list[float] = []
    for epoch in range(1, epochs + 1):
        total, n_rows = 0.0, 0
        for batch in batches:
            if not isinstance(batch, (tuple, list)) or len(batch) != 2:
                raise ValueError("batches must hold pairs (X, y): write [(X, y)] for a single one")
            X, y = batch

            def closure(X: Tensor = X, y: Tensor = y) -> float:
                optimizer.zero_grad()
                loss = _loss_of(loss_function, model(X), y)
                loss.backward()  # type: ignore[no-untyped-call]  # PyTorch gives it no types
                return loss.item()

            total += optimizer.step(closure) * len(y)
            n_rows += len(y)
        if n_rows == 0:
            write = "pass a DataLoader or a list, which can be iterated again, not a generator"
            raise ValueError(f"batches held no rows in epoch {epoch}: {write}")
        history.append(total / n_rows)
    return history


def _loss_of(loss_function: Callable[[Any, Tensor], Tensor], output: Any, y: Tensor) -> Tensor:
    """Return the loss of one batch: a single number, of shapes that need no broadcasting."""
    if isinstance(output, Tensor) and output.shape != y.shape:
        raise ValueError(
            f"the model's output has shape {tuple(output.shape)} but y has shape {tuple(y.shape)}; "
            "shapes must be equal, nothing is broadcast: write y.unsqueeze(-1) for a column, "
            "and let a model of several outputs return a tuple"
        )
    loss = loss_function(output, y)
    if not isinstance(loss, Tensor) or loss.ndim != 0:
        raise ValueError(f'the loss must be a 0-d tensor, got {loss!r}: use reduction="mean"')
    return loss
