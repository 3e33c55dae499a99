"""What a change runs again, and what it leaves alone: tried on a tiny site with a package of its own."""

import re
import shutil
from pathlib import Path

import pytest
from tiny_site import PAGE, SCRIPT, Built, TinySite, differences

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("freshness")]

PACKAGE = {
    "__init__": "".join(f"from mse_nll.{n} import {n}\n" for n in ("high", "low", "other")),
    "low": "def low():\n    return 1\n",
    "high": "from mse_nll.low import low\n\n\ndef high():\n    return low() + 10\n",
    "other": "def other():\n    return 100\n",
}


def ran(built: Built) -> set[str]:
    """The pages and scripts that a build ran."""
    if "nothing changed since the last build" in built.said:
        return {"0 of the scripts"}
    pages = re.findall(r"docs/(\w+)\.md: Executed notebook", built.said)
    scripts = re.findall(r"generating gallery for \S+ \[ ?\d+%\] (plot_\w+)\.py", built.said)
    stale = re.findall(r"after excluding (\d+) files", built.said)
    count = int(re.search(r"successfully executed (\d+) out of", built.said)[1])
    assert len(scripts) - count == int(stale[0]), built.said
    return {*pages, f"{count} of the scripts"}


@pytest.fixture(scope="module")
def built_site(tmp_path_factory: pytest.TempPathFactory) -> tuple[TinySite, Path]:
    """A built site whose pages and scripts import parts of a small package, and a copy of it."""
    site = TinySite(tmp_path_factory.mktemp("fresh"), scripts=1)
    shutil.rmtree(site.source / "mse_nll")
    for name, text in PACKAGE.items():
        site.write(f"src/mse_nll/{name}.py", text)
    for name in ("high", "other"):
        text = PAGE.replace("four-steps", f"page-{name}").replace("eq-mean", f"eq-{name}")
        text = text.replace("import math", f"import math\n\nfrom mse_nll import {name}")
        text = text.replace('print("agreed")', f'print("{name}", {name}())')
        site.write(f"docs/page_{name}.md", text)
    site.edit("docs/index.md", "second\n", "second\npage_high\npage_other\n")
    for name in ("low", "other"):
        text = SCRIPT.replace("\nheights", f"\nfrom mse_nll import {name}\n\nheights")
        site.write(f"gallery/training/plot_{name}.py", text + f"print('{name}', {name}())\n")
    built = site.build()
    assert built.status == 0, built.said
    copy = tmp_path_factory.mktemp("fresh_copy") / "site"
    shutil.copytree(site.folder, copy)
    return site, copy


@pytest.fixture
def site(built_site: tuple[TinySite, Path]) -> TinySite:
    """The same site as it was first built, in the same folder, with its files' times."""
    site, copy = built_site
    shutil.rmtree(site.folder)
    shutil.copytree(copy, site.folder)
    return site


def rebuilt(site: TinySite) -> set[str]:
    """What runs when the site is built again, which must succeed."""
    built = site.build()
    assert built.status == 0, built.said
    return ran(built)


def written(site: TinySite) -> dict[str, int]:
    """When each page was written."""
    return {path.name: path.stat().st_mtime_ns for path in site.out.rglob("*.html")}


def test_nothing_changed(site: TinySite) -> None:
    """A build with nothing changed runs nothing and changes no byte."""
    before = site.contents()
    assert rebuilt(site) == {"0 of the scripts"}
    assert not differences(before, site.contents())


def test_what_is_missing_is_made_again(site: TinySite) -> None:
    """A page and a figure that someone deleted or changed are what they were after the next build."""
    before = site.contents()
    (site.out / "second.html").unlink()
    for name in ("four_steps.html", "_images/sphx_glr_plot_one_001.svg", "_static/site.css"):
        (site.out / name).write_text("changed", encoding="utf-8")
    assert rebuilt(site) == {"0 of the scripts"}
    assert not differences(before, site.contents())


def test_one_page(site: TinySite) -> None:
    """An edited page runs again and alone; what it shows is new."""
    site.edit("docs/four_steps.md", "0.5, 1.5, 2.5", "0.5, 1.5, 5.5")
    site.edit("docs/four_steps.md", "isclose(total, 4.5)", "isclose(total, 7.5)")
    before = written(site)
    assert rebuilt(site) == {"four_steps", "0 of the scripts"}
    assert "the mean is 2.50" in site.html("four_steps")
    assert ">2.50<" in site.html("four_steps")
    changed = {name for name, time in written(site).items() if time != before[name]}
    assert changed <= {"four_steps.html", "genindex.html", "search.html"}


def test_one_script(site: TinySite) -> None:
    """An edited script runs again and alone; a figure that it no longer draws is gone."""
    draw = "fig, ax = plt.subplots()\nax.plot(heights)\nax.set_title('The second figure')\nplt.show()\n"
    site.write("gallery/training/plot_other.py", site.read("gallery/training/plot_other.py") + draw)
    assert rebuilt(site) == {"1 of the scripts"}
    figures = {path.name for path in (site.out / "_images").iterdir()}
    assert "sphx_glr_plot_other_002.svg" in figures
    site.edit("gallery/training/plot_other.py", draw, "print('drawn no more')\n")
    assert rebuilt(site) == {"1 of the scripts"}
    assert "drawn no more" in site.html("auto_gallery/training/plot_other")
    assert "sphx_glr_plot_other_002.svg" not in {p.name for p in (site.out / "_images").iterdir()}


def test_one_module(site: TinySite) -> None:
    """A changed module runs what imports it, directly or through others, and nothing else."""
    site.edit("src/mse_nll/low.py", "return 1", "return 2")
    assert rebuilt(site) == {"page_high", "1 of the scripts"}
    assert "high 12" in site.html("page_high")
    assert "low 2" in site.html("auto_gallery/training/plot_low")


def test_the_style(site: TinySite) -> None:
    """A changed style of figures runs everything; a changed style sheet runs nothing and is copied."""
    site.edit("docs/figures.mplstyle", "font.size: 10.5", "font.size: 11")
    assert rebuilt(site) == {"page_high", "page_other", "four_steps", "3 of the scripts"}
    site.write("docs/_static/site.css", site.read("docs/_static/site.css") + "/* new */\n")
    assert rebuilt(site) == {"0 of the scripts"}
    assert "/* new */" in (site.out / "_static/site.css").read_text(encoding="utf-8")


def test_deleted_sources_leave_nothing(site: TinySite, tmp_path: Path) -> None:
    """Without a page, a script and a style sheet, the output is that of a clean build."""
    site.path("docs/page_other.md").unlink()
    site.edit("docs/index.md", "page_other\n", "")
    site.path("gallery/training/plot_other.py").unlink()
    site.path("docs/_static/favicon.svg").rename(site.path("docs/_static/icon.svg"))
    site.edit("docs/conf.py", "_static/favicon.svg", "_static/icon.svg")
    rebuilt(site)
    after = site.contents()
    for made in ("docs/_build", "docs/auto_gallery"):
        shutil.rmtree(site.path(made))
    rebuilt(site)
    assert not differences(after, site.contents())
    assert not any("other" in name for name in after)
