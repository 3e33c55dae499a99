"""The losses under PyTorch's own machinery: compiled, mapped, differentiated, on meta, in autocast."""

import math
from collections.abc import Callable, Iterator

import pytest
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from mse_nll import (
    beta_negative_log_likelihood,
    coverage,
    heteroscedastic_negative_log_likelihood,
    huber_negative_log_likelihood,
    laplace_negative_log_likelihood,
    negative_log_likelihood,
    r_squared,
    student_t_negative_log_likelihood,
)

SCALED = [
    negative_log_likelihood,
    laplace_negative_log_likelihood,
    student_t_negative_log_likelihood,
    huber_negative_log_likelihood,
]
PREDICTED = [heteroscedastic_negative_log_likelihood, beta_negative_log_likelihood]
Y_TRUE = torch.tensor([0.0, 1.0, -2.0, 5.0])
Y_PRED = torch.tensor([0.3, 0.5, -2.5, 1.0])
SCALES = torch.tensor([0.5, 1.0, 2.0, 4.0])
CASES = [
    *((loss, scale) for loss in SCALED for scale in (0.7, torch.tensor(0.7), SCALES)),
    *((loss, SCALES.log()) for loss in PREDICTED),
]
every_case = pytest.mark.parametrize(
    ("loss", "third"),
    CASES,
    ids=[f"{f.__name__.split('_neg')[0]}-{getattr(t, 'ndim', 'number')}" for f, t in CASES],
)
Loss = Callable[..., Tensor]


@pytest.fixture(autouse=True)
def fresh_compiler() -> Iterator[None]:
    """Forget what was compiled: each test compiles its own."""
    torch.compiler.reset()
    yield
    torch.compiler.reset()


def compiled(function: Loss) -> Loss:
    """Compile without a break in the graph, and without a C++ compiler."""
    return torch.compile(function, fullgraph=True, backend="aot_eager")


@every_case
@pytest.mark.parametrize("reduction", ["none", "sum"])
def test_compiled_whole(loss: Loss, third: float | Tensor, reduction: str) -> None:
    """One graph gives the eager value and the eager gradients, the scale's too."""
    results = []
    for function in (loss, compiled(loss)):
        pred = Y_PRED.clone().requires_grad_()
        scale = third.clone().requires_grad_() if isinstance(third, Tensor) else third
        value = function(Y_TRUE, pred, scale, reduction=reduction)
        value.sum().backward()
        results.append([value.detach(), pred.grad, getattr(scale, "grad", torch.zeros(()))])
    torch.testing.assert_close(results[1], results[0], rtol=1e-6, atol=1e-6)


def test_compiled_with_other_numbers() -> None:
    """A number that changes from call to call is compiled again, whole, and right."""
    function = compiled(student_t_negative_log_likelihood)
    for scale, nu in ((1.0, 3.0), (2.0, 4.0), (0.5, 200.0)):
        torch.testing.assert_close(
            function(Y_TRUE, Y_PRED, scale, nu),
            student_t_negative_log_likelihood(Y_TRUE, Y_PRED, scale, nu),
        )


@every_case
def test_mapped_over_predictions_and_scales(loss: Loss, third: float | Tensor) -> None:
    """Vmap equals a loop, over the predictions and over a tensor scale, alone and with grad."""
    preds = torch.stack([Y_PRED, Y_PRED + 1, -Y_PRED])
    thirds = torch.stack([third, 2 * third, third + 1]) if isinstance(third, Tensor) else third
    in_dims = (None, 0, 0 if isinstance(third, Tensor) else None)
    rows = [(preds[k], thirds[k] if isinstance(third, Tensor) else third) for k in range(3)]
    mapped = torch.func.vmap(loss, in_dims)(Y_TRUE, preds, thirds)
    torch.testing.assert_close(mapped, torch.stack([loss(Y_TRUE, *row) for row in rows]))
    gradient = torch.func.grad(loss, argnums=1)
    mapped = torch.func.vmap(gradient, in_dims)(Y_TRUE, preds, thirds)
    torch.testing.assert_close(mapped, torch.stack([gradient(Y_TRUE, *row) for row in rows]))


# PyTorch's own forward mode calls its own deprecated torch.jit.script.
@pytest.mark.filterwarnings("ignore:`torch.jit.script` is deprecated:DeprecationWarning")
@every_case
def test_hessian_and_double_backward(loss: Loss, third: float | Tensor) -> None:
    """torch.func.hessian and two passes of autograd agree, in float64."""
    third = third.double() if isinstance(third, Tensor) else third
    y, pred = Y_TRUE.double(), Y_PRED.double()
    hessian = torch.func.hessian(loss, argnums=1)(y, pred, third)
    leaf = pred.clone().requires_grad_()
    (first,) = torch.autograd.grad(loss(y, leaf, third), leaf, create_graph=True)
    if first.requires_grad:
        rows = [torch.autograd.grad(g, leaf, retain_graph=True)[0] for g in first]
        torch.testing.assert_close(hessian, torch.stack(rows))
    else:  # a gradient of constant size has no graph
        assert not hessian.any()


@every_case
def test_on_the_meta_device(loss: Loss, third: float | Tensor) -> None:
    """Shapes come out where there are no values."""
    third = third.to("meta") if isinstance(third, Tensor) else third
    value = loss(Y_TRUE.to("meta"), Y_PRED.to("meta"), third, reduction="none")
    assert value.device.type == "meta"
    assert value.shape == (4,)


@every_case
def test_in_inference_mode_and_autocast(loss: Loss, third: float | Tensor) -> None:
    """Both leave the float32 value alone; under autocast half predictions are computed in float32."""
    expected = loss(Y_TRUE, Y_PRED, third)
    with torch.inference_mode():
        assert torch.equal(loss(Y_TRUE, Y_PRED, third), expected)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert torch.equal(loss(Y_TRUE, Y_PRED, third), expected)
        half = loss(Y_TRUE, Y_PRED.bfloat16(), third)
    assert torch.equal(half, loss(Y_TRUE, Y_PRED.bfloat16().float(), third))


BAD = [0.0, -1.0, math.nan, math.inf]


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize("loss", SCALED)
@pytest.mark.parametrize("reduction", ["none", "sum"])
def test_a_bad_scale_is_never_a_plausible_number(loss: Loss, bad: float, reduction: str) -> None:
    """Where values cannot be read, zero, negative, NaN and infinite scales give NaN or infinity."""
    for scale in (torch.tensor(bad), torch.full((4,), bad)):
        value = compiled(loss)(Y_TRUE, Y_PRED, scale, reduction=reduction)
        assert not value.isfinite().any()
        mapped = torch.func.vmap(lambda s: loss(Y_TRUE, Y_PRED, s, reduction=reduction))
        assert not mapped(scale.unsqueeze(0)).isfinite().any()


@pytest.mark.parametrize("bad", BAD)
def test_bad_degrees_of_freedom_are_never_a_plausible_number(bad: float) -> None:
    """The same for nu."""
    for nu in (torch.tensor(bad), torch.full((4,), bad)):

        def loss(nu: Tensor) -> Tensor:
            return student_t_negative_log_likelihood(Y_TRUE, Y_PRED, 1.0, nu, "none")

        assert not compiled(loss)(nu).isfinite().any()
        assert not torch.func.vmap(loss)(nu.unsqueeze(0)).isfinite().any()


def test_metrics_compile_and_map() -> None:
    """R² and coverage, whose inputs are checked by value elsewhere."""
    for metric, arguments in ((r_squared, (Y_PRED,)), (coverage, (Y_PRED - 1, Y_PRED + 1))):
        expected = metric(Y_TRUE, *arguments)
        torch.testing.assert_close(compiled(metric)(Y_TRUE, *arguments), expected)
        stacked = [torch.stack([value, value]) for value in (Y_TRUE, *arguments)]
        torch.testing.assert_close(torch.func.vmap(metric)(*stacked), expected.expand(2))


class CountReads(TorchDispatchMode):
    """Counts what makes the host wait for a device: values copied into Python."""

    def __init__(self) -> None:
        super().__init__()
        self.reads = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):  # type: ignore[no-untyped-def]
        """Count and go on."""
        self.reads += func in (
            torch.ops.aten._local_scalar_dense.default,
            torch.ops.aten.nonzero.default,
        )
        return func(*args, **(kwargs or {}))


@every_case
def test_on_a_device_nothing_is_read(loss: Loss, third: float | Tensor) -> None:
    """The meta device stands for a GPU: no value is copied into Python, so nothing waits."""
    third = third.to("meta") if isinstance(third, Tensor) else third
    with CountReads() as counter:
        loss(Y_TRUE.to("meta"), Y_PRED.to("meta"), third)
    assert counter.reads == 0
