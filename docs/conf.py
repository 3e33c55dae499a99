"""Settings of the site. See CONTRIBUTING.md for how to add a page, a script or a function."""

import os
import sys
from importlib.metadata import version as installed_version
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "_ext"))

from footer import commit_of  # noqa: E402 - found in the folder named above

# The site's public address, ending in "/": where downloads and previews link to. Unset, they link nowhere.
html_baseurl = os.environ.get("MSE_NLL_SITE", "")
# The repository's public address: what the pages install from and link to. Unset, they name no place.
repository = os.environ.get("MSE_NLL_REPOSITORY", "")

project = "MSE as Negative Log-Likelihood"
author = "the authors of MSE as Negative Log-Likelihood"
copyright = f"2026, {author}"
version = release = installed_version("mse-nll")

extensions = [
    "sphinx.ext.autodoc", "sphinx.ext.autosummary", "sphinx.ext.napoleon", "sphinx.ext.viewcode",
    "myst_nb", "sphinx_gallery.gen_gallery", "sphinxcontrib.bibtex", "sphinx_copybutton",
    # This project's own, each one file in _ext: formulas and code; what runs and what is refused;
    # what is offered; how pages are finished.
    "mathml", "plain_code", "gallery_pages",
    "results", "kernels", "prose", "downloads", "exercise",
    "page_assets", "accessibility", "search", "reading_aids", "not_found",
]  # fmt: skip
nitpicky = True
# PyTorch's and Python's own names in signatures: no inventory is fetched, so they stay plain text.
outside = r"(torch\..*|Tensor|Module|Optimizer|collections\.abc\..*|optional|.*_checks\..*)"
nitpick_ignore_regex = [("py:class", outside)]
# Sphinx-Gallery writes more than pages beside its pages; as sources its notebooks would run again.
exclude_patterns = ["_build", "_ext", "jupyter_execute", "auto_gallery/**/*.[!r]*"]
templates_path = ["_templates"]

# Numbers of equations and figures count by page: 1.2.3 is the third of the second page of part one.
numfig = True
math_numfig = True
numfig_secnum_depth = 2

# Pages: MyST Markdown, cells run by the build
myst_enable_extensions = ["dollarmath", "deflist", "fieldlist", "attrs_inline", "attrs_block",
                          "substitution"]  # fmt: skip
myst_substitutions = {  # pages write {{ install }}
    "install": f'`pip install "mse-nll @ git+{repository}"` ([repository]({repository}))'
    if repository
    else "`pip install .` in a copy of the repository"
}
myst_heading_anchors = 3
nb_execution_mode = "cache"  # see _ext/results.py
nb_execution_cache_path = str(HERE / "_build" / "cache" / "pages")
nb_execution_raise_on_error = False  # each page that fails is named, and fails the build
nb_execution_timeout = 120
nb_execution_show_tb = True
nb_code_prompt_show = "Show the check"
nb_code_prompt_hide = "Hide the check"
nb_merge_streams = True
nb_output_stderr = "error"
os.environ["IPYTHONDIR"] = str(HERE / "_ipython")  # figures of cells as SVG
os.environ["MATPLOTLIBRC"] = str(HERE / "figures.mplstyle")
os.environ["OMP_NUM_THREADS"] = "1"  # two workers, two cores

# Decimals that prose may state; see _ext/prose.py
prose_constants = [
    "0.5", "1.0", "2.0",  # halves and wholes of formulas
    "0.95", "1.96",  # a level and its Gaussian quantile
    "1.345", "4.685",  # tuning of Huber's and Tukey's losses at 95 % efficiency
    "0.64", "1.6", "1.25", "1.2533",  # 2/pi, pi/2, sqrt(pi/2)
    "0.9189", "1.42", "0.242", "1.443",  # log(2 pi)/2, the same plus a half, 1/sqrt(2 pi e), 1/log 2
    "0.157",  # P(chi2_1 > 2)
]  # fmt: skip

# Gallery: scripts run by the build
sphinx_gallery_conf = {
    "examples_dirs": "../gallery",
    "gallery_dirs": "auto_gallery",
    "within_subsection_order": "FileNameSortKey",
    "subsection_order": [
        f"../gallery/{room}" for room in ("equivalence", "reductions", "training", "robustness")
    ],
    "download_all_examples": False,
    "image_scrapers": ("gallery_style.svg_scraper",),
    "reset_modules": ("gallery_style.reset_style",),
    "reset_modules_order": "both",
    "only_warn_on_example_error": True,
    "parallel": 2,
    "doc_module": ("mse_nll",),
    "backreferences_dir": "auto_gallery/backreferences",
    "inspect_global_variables": False,
    "write_computation_times": False,
    "min_reported_time": 1e9,  # a time in a page would differ from build to build
    "show_signature": False,
}

suppress_warnings = ["sphinx_gallery.example_error"]  # all scripts at once; results.py names each

# References
bibtex_bibfiles = ["references.bib"]
bibtex_default_style = "plain"
bibtex_reference_style = "author_year"

# API
autosummary_generate = False  # its tables alone
autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented_params"
napoleon_numpy_docstring = False
add_module_names = False
copybutton_exclude = ".linenos, .gp, .go"

# HTML
html_theme = "furo"
html_context = {"repository": repository, "author": author, "commit": commit_of(HERE.parent)}
html_title = project
html_static_path = ["_static"]
html_css_files = ["site.css", "math.css", "exercise.css", "explore.css"]  # see _ext/page_assets.py
html_js_files = [
    (f"{name}.js", {"defer": "defer"})
    for name in ("site", "search", "reading", "exercise", "explore")
]
html_math_renderer = "mathml"
html_copy_source = False
html_show_sourcelink = False
html_favicon = "_static/favicon.svg"
html_theme_options = {
    "light_css_variables": {"color-brand-primary": "#005a8c", "color-brand-content": "#005a8c"},
    "dark_css_variables": {"color-brand-primary": "#7cc4f0", "color-brand-content": "#7cc4f0"},
}
pygments_style = "a11y-high-contrast-light"
pygments_dark_style = "a11y-high-contrast-dark"
