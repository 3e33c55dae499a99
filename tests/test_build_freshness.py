"""What a change runs again, and what it leaves alone; a build from kept results is a clean one."""

import re
import shutil

import pytest
from tiny_site import Built, TinySite, differences

pytestmark = pytest.mark.tiny


def ran(built: Built) -> set[str]:
    """The pages and scripts that a build ran, scripts by their number."""
    assert built.status == 0, built.said
    pages = re.findall(r"docs/(\w+)\.md: Executed notebook", built.said)
    scripts = re.search(r"successfully executed (\d+) out of", built.said)
    return {*pages, *([f"{scripts[1]} scripts"] if scripts else [])}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> TinySite:
    """A built site with two pages that compute; each test changes it, and builds it."""
    site = TinySite(tmp_path_factory.mktemp("fresh"))
    text = site.read("docs/four_steps.md").replace("four-steps", "other").replace("eq-mean", "eq-o")
    site.write("docs/other.md", text.replace("fsum([0.5", "fsum([0.5, 0"))
    site.edit("docs/index.md", "second\n", "second\nother\n")
    assert ran(site.build()) == {"four_steps", "other", "2 scripts"}
    return site


def test_nothing_changed(site: TinySite) -> None:
    """A build with nothing changed ends before it begins, and changes no byte."""
    before, built = site.contents(), site.build()
    assert "nothing changed since the last build" in built.said
    assert not differences(before, site.contents())


def test_prose_runs_nothing(site: TinySite) -> None:
    """Words of a page are new, and no code is run for them."""
    site.edit("docs/four_steps.md", "then tried", "and then tried")
    assert ran(site.build()) == {"0 scripts"}
    assert "and then tried" in site.html("four_steps")


def test_code_and_tags_of_one_page(site: TinySite) -> None:
    """A page whose cell or tag changed runs again and alone."""
    site.edit("docs/four_steps.md", "1.5, 2.5", "1.5, 5.5")
    site.edit("docs/four_steps.md", "isclose(total, 4.5)", "isclose(total, 7.5)")
    assert ran(site.build()) == {"four_steps", "0 scripts"}
    assert "the mean is 2.50" in site.html("four_steps")
    site.edit("docs/four_steps.md", ":tags: [hide-cell]", ":tags: [hide-input]")
    assert ran(site.build()) == {"four_steps", "0 scripts"}


def test_one_script(site: TinySite) -> None:
    """An edited script runs again and alone; a figure that it no longer draws is gone."""
    draw = "fig, ax = plt.subplots()\nax.plot(heights)\nax.set_title('The second figure')\nplt.show()\n"
    script = "gallery/reductions/plot_two.py"
    site.write(script, site.read(script) + draw)
    assert ran(site.build()) == {"1 scripts"}
    assert any("plot_two_002.svg" in name for name in site.contents())
    site.edit(script, draw, "print('drawn no more')\n")
    assert ran(site.build()) == {"1 scripts"}
    assert "drawn no more" in site.html("auto_gallery/reductions/plot_two")
    assert not any("plot_two_002.svg" in name for name in site.contents())


def test_deleted_sources_leave_nothing(site: TinySite) -> None:
    """Without a page and a script, with an icon renamed, after all changes above: as a clean build."""
    site.path("docs/other.md").unlink()
    site.edit("docs/index.md", "other\n", "")
    site.path("gallery/reductions/plot_two.py").rename(site.path("gallery/reductions/plot_too.py"))
    site.path("docs/_static/favicon.svg").rename(site.path("docs/_static/icon.svg"))
    site.edit("docs/conf.py", "_static/favicon.svg", "_static/icon.svg")
    assert ran(site.build()) == {"1 scripts"}
    assert not any("other" in name or "plot_two" in name for name in site.contents())
    before = site.contents()
    shutil.rmtree(site.path("docs/_build"))
    assert "2 scripts" in ran(site.build())
    assert not differences(before, site.contents())


def test_what_everything_depends_on(site: TinySite) -> None:
    """A change of the package runs everything again."""
    site.write("src/mse_nll/new.py", "")
    assert ran(site.build()) == {"four_steps", "2 scripts"}


def test_a_preview(site: TinySite) -> None:
    """``--fast`` shows the page of that name, warns of nothing and leaves the site alone."""
    before = site.contents()
    site.edit("docs/four_steps.md", "and then tried", "and at last tried")
    built = site.build("--fast", "four_st")
    assert built.status == 0
    assert not built.warnings
    preview = site.docs / "_build" / "preview"
    assert "and at last tried" in (preview / "four_steps.html").read_text(encoding="utf-8")
    assert not (preview / "second.html").exists()
    assert not differences(before, site.contents())
