"""The search finds what people type: each question by its heading, and everyday words by their section."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import SITE, built_pages
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("search")]
SEARCH = (SITE / "search.html").as_uri()
RANKED = """async queries => {
  const engine = await search.load();
  return queries.map(query =>
    search.rank(engine, query).slice(0, 10).map(hit => [hit.address, hit.anchor, hit.title]));
}"""
# What somebody types, and the sections (or pages) that answer it; any of them will do.
EVERYDAY = """
heteroskedastic = mean-and-variance unequal-variance plot_heteroscedasticity plot_weighted_least_squares
heteroscedastic regression = mean-and-variance unequal-variance plot_heteroscedasticity plot_weighted_least_squares
heteroscedasticty = term-heteroscedasticity unequal-variance mean-and-variance
huber delta = question-huber-delta choosing-huber-s
mse vs mae = question-l1-or-l2 question-rmse-or-mae
huber vs mse = plot_robustness question-outliers-remove-or-robust loss-huber which-far-points
huber or mse = plot_robustness question-outliers-remove-or-robust loss-huber which-far-points
why squared error = question-why-squares-for-gaussian-noise four-steps
nll negative = question-negative-loss symptom-negative
loss is negative = question-negative-loss symptom-negative
why is gaussian nll negative = question-negative-loss
gaussiannllloss negative = question-negative-loss question-negative-variance
aic formula = aic-and-bic question-aic-short-formula
sigma learn = question-learn-constant-sigma question-variance-without-labels
rmse vs mse = question-rmse-as-loss question-rmse-and-mse rmse
r2 negative = question-negative-r-squared negative-r-squared
gaussiannllloss var = question-var-incorrect-size question-negative-variance question-variance-or-standard-deviation question-gaussian-nll-eps
pinball = loss-pinball question-pinball-loss
mdn = question-multimodal-targets mixtures
mixture density network = question-multimodal-targets mixtures
mse nll = plot_cross_entropy home four-steps plot_equivalence constants
mean squared error negative log likelihood = home four-steps
mle = four-steps home term-maximum-likelihood-estimate question-does-ols-assume-normality properties
maximum likelihood = four-steps home term-maximum-likelihood-estimate properties
nan loss = question-where-is-the-nan symptom-nan
using a target size that is different to the input size = question-target-size
weight decay prior = question-weight-decay-as-prior prior
multi task loss weighting = question-multi-task-weighting
log variance = question-why-log-variance
logvar = question-why-log-variance
prediction interval = question-prediction-or-confidence
calibration = question-is-sigma-calibrated term-calibration calibration-curve
learning rate = question-reduction-learning-rate gradient question-batch-size-learning-rate plot_learning_rate
validation loss lower than training = question-validation-below-training
gausian nll = question-variance-explains-mean-away constants plot_equivalence loss-gaussian question-gaussian-nll-nan question-gaussian-nll-or-mse
cost function regression = question-best-loss-nonlinear which-loss pytorch-losses every-regression-loss-of-torch-nn
which loss function for regression = question-best-loss-nonlinear which-loss
objective function = step-objective
aleatoric uncertainty = question-aleatoric-or-epistemic term-aleatoric-uncertainty
bayesian = prior question-weight-decay-as-prior from-likelihood-to-posterior
map estimate = prior from-likelihood-to-posterior plot_prior ridge plot_prior plot_weight_decay
ridge regression = plot_prior plot_weight_decay ridge prior
quantile regression = question-pinball-loss loss-pinball plot_engel plot_quantile_regression
conformal prediction = question-conformal plot_conformal plot_conformal_prediction
gradient accumulation = question-gradient-accumulation plot_gradient_accumulation
ddp averages gradients = question-ddp-average
weighted mse pytorch = question-sample-weights
sample weights = question-sample-weights question-repeat-rows
masked mse loss = question-masked-targets
nan targets = question-masked-targets
found dtype double but expected float = question-found-dtype
mse_cpu not implemented for long = question-not-implemented-for-long
element 0 of tensors does not require grad = question-does-not-require-grad
trying to backward through the graph a second time = question-backward-second-time
var has negative entries = question-negative-variance
expected all tensors to be on the same device = question-same-device
size of tensor a must match the size of tensor b = question-size-must-match
network predicts the mean = question-predicts-the-mean symptom-predicts-the-mean
model predicts constant value = question-predicts-the-mean
same output for every input = question-predicts-the-mean
loss not decreasing = question-loss-does-not-change symptom-does-not-move
loss plateau = question-loss-floor symptom-floor
loss explodes = question-loss-explodes symptom-explodes
exploding loss learning rate = question-loss-explodes
overfitting = symptom-overfit
sum or mean reduction = question-sum-or-mean reduction
why divide by 2 = question-half question-why-one-half
factor one half in mse = question-half question-why-one-half
mse for classification = question-mse-for-classification
cross entropy = cross-entropy question-mse-is-cross-entropy
cross entropy vs mse = cross-entropy question-mse-is-cross-entropy question-mse-for-classification question-one-hot-and-mse
kl divergence = question-kl-and-mse entropy-plus-divergence
vae loss = question-vae-sum-or-mean
count data = question-counts-poisson poisson
poisson regression = question-counts-poisson poisson loss-poisson
outliers = heavy-tails question-outliers-remove-or-robust plot_robustness
robust regression = heavy-tails plot_stackloss plot_robustness questions-robust-and-quantile
student t loss = question-student-t-loss loss-student
smooth l1 vs huber = question-smooth-l1-or-huber
standardize targets = question-standardise-targets
normalise the outputs = question-standardise-targets question-outputs-of-different-scale
feature scaling = question-standardise-features
log transform target = question-log-target-backtransform log-targets back-transformation
error bars as weights = question-error-bars
1/sigma^2 weights = question-error-bars plot_weights_and_masks plot_weighted_least_squares
std or variance = question-variance-or-standard-deviation
unbiased variance n-1 = question-ml-or-unbiased-variance
uncertainty neural network = question-aleatoric-or-epistemic questions-uncertainty-and-intervals uncertainty-networks
confidence interval for predictions = question-prediction-or-confidence
mc dropout = question-mc-dropout
deep ensembles = question-combine-ensemble plot_ensembles
rmse or mae = question-rmse-or-mae
good rmse value = question-good-mse-value
r squared neural network = question-negative-r-squared
r2 score batches = question-r-squared-over-batches
aic neural network = question-aic-for-networks
negative aic = question-negative-aic
aic vs bic = questions-information-criteria question-aic-or-bic aic-and-bic
torch.compile gaussian nll = question-compile-gaussian
vmap = question-vmap-gaussian
float16 overflow = question-float16-overflow
autocorrelation = dependence plot_autocorrelation
time series residuals correlated = residuals-against-fitted-values-and-covariates dependence plot_autocorrelation which-runs
standard errors = plot_consistency the-hessian-is-the-observed-information plot_intervals term-standard-error mse_nll.LinearFit.standard_errors cluster-robust
hessian standard error = the-hessian-is-the-observed-information plot_intervals
leverage = leverage term-leverage plot_leverage
qq plot = qq-plot
beta nll = nll-and-stop-gradients question-variance-explains-mean-away mse_nll.beta_negative_log_likelihood
eps gaussiannllloss = question-gaussian-nll-eps
variance collapse = question-sigma-to-zero
why gaussian noise = question-why-gaussian question-why-squares-for-gaussian-noise
assumptions of linear regression = what-is-assumed assumptions question-does-ols-assume-normality four-steps
does regression need normal errors = question-does-ols-assume-normality question-must-y-be-normal
target not normally distributed = question-must-y-be-normal
relu last layer = question-relu-output the-output-layer-has-no-activation
angle regression loss = question-angles
imbalanced regression = question-weight-rare-targets
censored data = question-censored-target
zero inflated = question-many-zeros
multi output different scales = question-outputs-of-different-scale
multivariate gaussian loss = question-full-covariance
batch size learning rate = question-batch-size-learning-rate
why log likelihood = why-the-log question-why-negative-log-likelihood
loss per sample = question-loss-per-sample
nn.NLLLoss regression = question-nn-nllloss
sigma = noise-and-its-parameters question-variance-or-standard-deviation questions-sigma-and-variance
ℓ = functions
σ̂² = noise-and-its-parameters
negative_log_likelihood = mse_nll.negative_log_likelihood
fit_linear = mse_nll.fit_linear
training loop = the-training-loop-in-short plot_training
"""


@pytest.fixture(scope="module")
def context() -> Iterator[BrowserContext]:
    """Debian's Chromium, reading from disk."""
    with sync_playwright() as playwright:
        path = shutil.which("chromium")
        assert path, "install Debian's package chromium"
        quiet = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        browser: Browser = playwright.chromium.launch(executable_path=path, args=quiet)
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        context.set_default_timeout(10_000)
        yield context
        browser.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A tab of its own."""
    page = context.new_page()
    yield page
    page.close()


def ranked(page: Page, queries: list[str]) -> list[list[list[str]]]:
    """The first ten hits of each query: address, anchor, title."""
    page.goto(SEARCH)
    return page.evaluate(RANKED, queries)


def test_headings_find_their_sections(page: Page) -> None:
    """Typed word for word, the heading of a question has its section first: at least 98 of 100."""
    asked = []
    for address in built_pages():
        if address.startswith("practice/questions/") and not address.endswith("/index.html"):
            page.goto((SITE / address).as_uri())
            found = page.locator("article > section > section").evaluate_all(
                "all => all.map(s => [s.querySelector('h2').firstChild.parentElement.innerText, s.id])"
            )
            asked += [(heading.rstrip("¶ \n"), address, anchor) for heading, anchor in found]
    assert len(asked) > 150
    first = [hits[0][:2] if hits else [] for hits in ranked(page, [heading for heading, *_ in asked])]
    missed = [(heading, hit) for (heading, *place), hit in zip(asked, first, strict=True) if hit != place]
    assert len(missed) <= 0.02 * len(asked), missed


def test_everyday_queries(page: Page) -> None:
    """In people's words: nine of ten have their section first or second, and all among the first five."""
    asked = {query: wanted.split() for query, _, wanted in
             (line.partition(" = ") for line in EVERYDAY.strip().splitlines())}  # fmt: skip
    assert len(asked) >= 60
    ranks = {}
    for (query, wanted), hits in zip(asked.items(), ranked(page, list(asked)), strict=True):
        places = [place for place, (address, anchor, _) in enumerate(hits, 1)
                  if {anchor, Path(address).stem} & set(wanted)]  # fmt: skip
        ranks[query] = places[0] if places else 99
    print(json.dumps(ranks, ensure_ascii=False, indent=0))
    assert {query: rank for query, rank in ranks.items() if rank > 5} == {}
    assert sum(rank <= 2 for rank in ranks.values()) >= 0.9 * len(ranks), ranks


@pytest.mark.parametrize(
    ("typed", "like"),
    [
        ("heteroskedastic", "heteroscedastic"),
        ("heteroscedasticty", "heteroscedasticity"),
        ("conformel predicton", "conformal prediction"),
        ("weigth decay prior", "weight decay prior"),
        ("mle", "maximum likelihood"),
        ("mdn", "mixture density network"),
        ("logvar", "log variance"),
        ("R²", "r squared"),
        ("quantile loss", "pinball loss"),
        ("cost function", "loss function"),
        ("normalize targets", "normalise target"),
    ],
)
def test_other_spellings(page: Page, typed: str, like: str) -> None:
    """Typing errors, plurals, American spelling and other names lead to the same first hit."""
    one, other = ranked(page, [typed, like])
    assert one
    assert one[0] == other[0]


def test_contract_of_the_page(page: Page) -> None:
    """An address with words lists hits: one item each; title, page and excerpt; within two seconds."""
    page.goto(f"{SEARCH}?q=using+a+target+size+different")
    hits = page.locator("#search-results li")
    hits.first.wait_for(timeout=2000)
    assert hits.count() >= 5
    assert page.locator("#search-results li li").count() == 0
    lines = hits.first.inner_text().split("\n")
    link = hits.first.locator("a")
    assert link.count() == 1
    assert lines[0] == link.inner_text()
    assert "Using a target size" in lines[0]
    assert link.get_attribute("href").endswith("shapes_and_dtypes.html#question-target-size")
    assert lines[1].startswith("Shapes and dtypes")
    assert 60 < len(lines[2]) < 250
    link.click()
    page.wait_for_url("**/shapes_and_dtypes.html*#question-target-size")
    marks = page.locator("#question-target-size mark")
    assert marks.count() > 3
    assert "target" in marks.all_inner_texts()


def test_index_comes_when_it_is_asked_for(page: Page) -> None:
    """Nothing of the index is loaded before somebody types or a query stands in the address."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url.rsplit("/", 1)[-1]))
    page.goto(SEARCH)
    page.wait_for_load_state("networkidle")
    page.goto((SITE / "index.html").as_uri())
    page.wait_for_load_state("networkidle")
    assert "search-index.js" not in "".join(asked[1:])
    page.keyboard.press("/")
    page.keyboard.type("huber")
    page.locator(".search-panel li").first.wait_for()
    assert "search-index.js" in asked
    assert (SITE / "_static" / "search-index.js").stat().st_size < 1024 * 1024
    assert not list(SITE.glob("searchindex.js"))


@pytest.mark.parametrize("keys", ["/", "Control+k"])
def test_by_keyboard(page: Page, keys: str) -> None:
    """A key opens the search; hits appear while typing; arrows choose; Enter opens; Escape closes."""
    page.goto((SITE / "derivation/four_steps.html").as_uri())
    page.keyboard.press(keys)
    page.keyboard.type("aic negat")
    hits = page.locator(".search-panel li a")
    hits.first.wait_for()
    page.wait_for_function("document.querySelector('.search-panel').innerText.includes('Why is my AIC')")
    assert page.locator(".search-panel [role=status]").inner_text().strip()
    page.keyboard.press("Escape")
    assert not page.locator(".search-panel").is_visible()
    page.keyboard.type("i")
    page.wait_for_function("document.querySelector('.search-panel a mark, .search-panel mark')")
    page.wait_for_timeout(300)
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.closest('.search-panel') !== null")
    page.keyboard.press("ArrowUp")
    assert page.evaluate("document.activeElement.className") == "sidebar-search"
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/information_criteria.html*")


def test_nothing_found(page: Page) -> None:
    """Words that no section has lead to advice, not to an empty page."""
    page.goto(f"{SEARCH}?q=xqzzkwv")
    page.wait_for_function("document.querySelector('main .search-said').innerText.includes('Nothing found')")
    assert page.locator("#search-results li").count() == 0
    page.locator("#search-words").fill("")
    assert page.locator("main .search-said").inner_text() == ""
