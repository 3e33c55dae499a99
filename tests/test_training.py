"""The network and the training loop against plain PyTorch and hand-computed descent."""

import functools
import re

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from mse_nll import RegressionNetwork, linear_data, negative_log_likelihood, train


def make_linear(seed: int = 0) -> tuple[torch.Tensor, torch.Tensor, RegressionNetwork]:
    """Return 52 rows of data and a linear model at zero, all float64."""
    generator = torch.Generator().manual_seed(seed)
    X, y = linear_data(52, torch.tensor([1.0, -2.0]).double(), 0.5, 0.3, generator)
    model = RegressionNetwork(2, hidden_dims=()).double()
    for parameter in model.parameters():
        nn.init.zeros_(parameter)
    return X, y, model


def test_network_is_a_stack_of_linear_and_relu_layers() -> None:
    """With one seed it has the parameters, in order, and the outputs of nn.Sequential."""
    torch.manual_seed(0)
    stack = nn.Sequential(
        nn.Linear(10, 64), nn.ReLU(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 1)
    )
    torch.manual_seed(0)
    model = RegressionNetwork(10)
    x = torch.randn(7, 10)
    assert torch.equal(model(x), stack(x))
    assert [p.shape for p in model.parameters()] == [p.shape for p in stack.parameters()]


def test_network_without_hidden_layers_is_linear() -> None:
    """One weight for each input and a bias."""
    model = RegressionNetwork(3, hidden_dims=[])
    assert [p.numel() for p in model.parameters()] == [3, 1]
    assert model(torch.zeros(2, 3)).shape == (2, 1)


@pytest.mark.parametrize(
    ("kwargs", "error", "message"),
    [
        ({"input_dim": 0}, ValueError, "input_dim must be at least 1, got 0"),
        ({"input_dim": 2.0}, TypeError, "input_dim must be an int, got float: 2.0"),
        (
            {"input_dim": 2, "hidden_dims": (4, 0)},
            ValueError,
            "hidden_dims must be at least 1, got 0",
        ),
        (
            {"input_dim": 2, "hidden_dims": ("4",)},
            TypeError,
            "hidden_dims must be an int, got str: '4'",
        ),
        (
            {"input_dim": 2, "hidden_dims": 64},
            TypeError,
            "hidden_dims must be a sequence, got 64: write (64, 32)",
        ),
    ],
)
def test_bad_sizes_are_refused(kwargs, error, message) -> None:
    """Sizes are whole numbers of at least one."""
    with pytest.raises(error, match=f"^{re.escape(message)}$"):
        RegressionNetwork(**kwargs)


def test_full_batch_descent_is_numpys() -> None:
    """Five epochs of SGD on MSE give the history and weights of gradient descent in numpy."""
    X, y, model = make_linear()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    history = train(model, nn.MSELoss(), [(X, y)], optimizer, n_epochs=5)
    A, b = np.column_stack([X.numpy(), np.ones(52)]), y.numpy()[:, 0]
    theta, expected = np.zeros(3), []
    for _ in range(5):
        residual = A @ theta - b
        expected.append((residual**2).mean())
        theta = theta - 0.1 * 2 / 52 * A.T @ residual
    np.testing.assert_allclose(history, expected, rtol=1e-12)
    weights = torch.cat([p.detach().flatten() for p in model.parameters()])
    np.testing.assert_allclose(weights.numpy(), theta, rtol=1e-12)


def test_history_weights_batches_by_their_size() -> None:
    """With a still model, batches of 32 and 20 rows average to the loss over all 52."""
    X, y, model = make_linear()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.0)
    batches = DataLoader(TensorDataset(X, y), batch_size=32)
    history = train(model, nn.MSELoss(), batches, optimizer, n_epochs=2)
    np.testing.assert_allclose(history, 2 * [y.square().mean().item()], rtol=1e-13)


def test_history_is_plain_floats() -> None:
    """One Python float per epoch: ready for a plot, holding no graph."""
    X, y, model = make_linear()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    history = train(model, nn.MSELoss(), [(X, y)], optimizer, n_epochs=3)
    assert [type(loss) for loss in history] == [float] * 3


def test_nll_follows_mse_at_the_scaled_learning_rate() -> None:
    """SGD on the mean NLL at lr 2 sigma² 0.1 takes MSE's path at 0.1, batch by batch."""
    X, y, model = make_linear()
    _, _, other = make_linear()
    batches, sigma = [(X[:32], y[:32]), (X[32:], y[32:])], 0.3
    train(model, nn.MSELoss(), batches, torch.optim.SGD(model.parameters(), lr=0.1), 3)
    optimizer = torch.optim.SGD(other.parameters(), lr=2 * sigma**2 * 0.1)

    def loss_function(y_pred: torch.Tensor, y_true: torch.Tensor) -> torch.Tensor:
        return negative_log_likelihood(y_true, y_pred, sigma, reduction="mean")

    train(other, loss_function, batches, optimizer, 3)
    for a, b in zip(model.parameters(), other.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-12, atol=1e-14)


def test_model_is_put_into_training_mode() -> None:
    """A model left in evaluation mode trains with its dropout on."""
    X, y, model = make_linear()
    model.eval()
    train(model, nn.MSELoss(), [(X, y)], torch.optim.SGD(model.parameters(), lr=0.1), 1)
    assert model.training


def run(batches: object, loss: object = None, n_epochs: object = 1) -> None:
    """Train a linear model on odd arguments."""
    _, _, model = make_linear()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    train(model, loss or nn.MSELoss(), batches, optimizer, n_epochs)


def test_flat_targets_are_refused() -> None:
    """A column of predictions against flat targets would broadcast to a square."""
    X, y, _ = make_linear()
    message = (
        "the model's output has shape (52, 1) but y has shape (52,); shapes must be equal, "
        "nothing is broadcast: write y.unsqueeze(-1) for a column, "
        "and let a model of several outputs return a tuple"
    )
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        run([(X, y.squeeze(-1))])


def test_unreduced_loss_is_refused() -> None:
    """A loss for each row cannot be descended."""
    X, y, _ = make_linear()
    with pytest.raises(
        ValueError, match=r'^the loss must be a 0-d tensor, .*: use reduction="mean"$'
    ):
        run([(X[:2], y[:2])], lambda p, y: (p - y).square().flatten())
    with pytest.raises(ValueError, match=r"^the loss must be a 0-d tensor, got 1\.5"):
        run([(X, y)], lambda p, y: 1.5)


@pytest.mark.parametrize(
    "loss",
    [
        negative_log_likelihood,
        nn.MSELoss(reduction="sum"),
        functools.partial(nn.functional.mse_loss, reduction="sum"),
    ],
)
def test_a_sum_over_the_rows_is_refused(loss) -> None:
    """Its "mean per row" would be too large by the size of a batch."""
    X, y, _ = make_linear()
    with pytest.raises(
        ValueError, match=r'^the loss sums over the rows: give it reduction="mean"$'
    ):
        run([(X, y)], loss)


def test_our_loss_as_a_mean_is_trained_with() -> None:
    """functools.partial turns its default round; the history is the mean NLL per row."""
    X, y, model = make_linear()
    loss = functools.partial(negative_log_likelihood, sigma=2.0, reduction="mean")
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    history = train(model, loss, [(X[:32], y[:32]), (X[32:], y[32:])], optimizer, 1)
    assert history[0] == pytest.approx(0.5 * y.square().mean().item() / 4 + 1.612, rel=0.1)


def test_a_model_of_two_outputs_is_trained() -> None:
    """Mean and log-variance, as a tuple: the history is that of the loss computed by hand."""
    X, y, model = make_linear()

    class TwoHeads(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.mean, self.log_variance = model, nn.Linear(2, 1).double()
            nn.init.zeros_(self.log_variance.weight)
            nn.init.zeros_(self.log_variance.bias)

        def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            return self.mean(x), self.log_variance(x)

    def loss(output: tuple[torch.Tensor, torch.Tensor], y: torch.Tensor) -> torch.Tensor:
        mean, log_variance = output
        return (0.5 * (log_variance + (y - mean).square() * (-log_variance).exp())).mean()

    heads = TwoHeads()
    optimizer = torch.optim.SGD(heads.parameters(), lr=0.1)
    history = train(heads, loss, [(X, y)], optimizer, 3)
    assert history[0] == pytest.approx(0.5 * y.square().mean().item(), rel=1e-12)
    assert history[2] < history[1] < history[0]


def test_lbfgs_is_given_its_closure() -> None:
    """Ten epochs of L-BFGS reach numpy's least squares."""
    X, y, model = make_linear()
    optimizer = torch.optim.LBFGS(model.parameters(), line_search_fn="strong_wolfe")
    train(model, nn.MSELoss(), [(X, y)], optimizer, 10)
    A = np.column_stack([X.numpy(), np.ones(52)])
    theta = np.linalg.lstsq(A, y.numpy()[:, 0], rcond=None)[0]
    weights = torch.cat([p.detach().flatten() for p in model.parameters()])
    np.testing.assert_allclose(weights.numpy(), theta, rtol=1e-5)


def test_an_optimizer_of_another_model_is_refused() -> None:
    """It would train nothing and say nothing."""
    X, y, model = make_linear()
    _, _, other = make_linear()
    optimizer = torch.optim.SGD(other.parameters(), lr=0.1)
    with pytest.raises(ValueError, match=r"^the optimizer holds no parameter of this model$"):
        train(model, nn.MSELoss(), [(X, y)], optimizer, 1)


def test_batches_that_are_no_pairs_are_refused() -> None:
    """A pair itself, whose first batch would be a row of X, and triples."""
    X, y, _ = make_linear()
    for batches in ((X, y), [(X, y, y)]):
        with pytest.raises(ValueError, match=r"^batches must hold pairs \(X, y\): write \[\(X, y"):
            run(batches)


def test_used_up_generator_is_refused() -> None:
    """A generator lasts one epoch; the second would be empty and its mean undefined."""
    X, y, _ = make_linear()
    message = (
        "batches held no rows in epoch 2: pass a DataLoader or a list, "
        "which can be iterated again, not a generator"
    )
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        run((batch for batch in [(X, y)]), n_epochs=2)


@pytest.mark.parametrize(
    ("n_epochs", "error", "message"),
    [
        (0, ValueError, "n_epochs must be at least 1, got 0"),
        (1.0, TypeError, "n_epochs must be an int, got float: 1.0"),
    ],
)
def test_bad_number_of_epochs_is_refused(n_epochs, error, message) -> None:
    """Epochs are counted."""
    with pytest.raises(error, match=f"^{re.escape(message)}$"):
        run([], n_epochs=n_epochs)
