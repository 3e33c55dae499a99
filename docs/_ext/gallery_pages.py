"""A script's page: its figure first, under the lead; each figure with a number and a link of its own."""

from pathlib import Path

from docutils import nodes
from gallery_style import THUMBNAIL
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform
from sphinx_gallery.directives import imgsgnode

SCRIPT_CODE = "script-code"  # the class of a script's blocks of code


class FigureFirst(SphinxTransform):
    """Numbers a script's figures, each with a link of its own, and shows the first under the lead."""

    default_priority = 500

    def apply(self, **kwargs: object) -> None:
        """Wrap each picture in a figure; drop Sphinx-Gallery's own downloads (:mod:`downloads`)."""
        folder, _, name = self.env.docname.rpartition("/plot_")
        if not folder.startswith("auto_gallery/"):
            return
        for note in list(self.document.findall(addnodes.only)):
            note.parent.remove(note)
        for code in self.document.findall(nodes.literal_block):
            if code.get("language") == "Python":
                code["classes"].append(SCRIPT_CODE)
        for number, picture in enumerate(list(self.document.findall(imgsgnode)), start=1):
            section = picture
            while not isinstance(section, nodes.section):
                section = section.parent
            named = f"figure-{name.replace('_', '-')}-{number}"
            figure = nodes.figure("", names=[named])
            self.document.note_explicit_target(figure)
            place = nodes.reference("", section[0].astext(), refid=section["ids"][0])
            figure += [picture.deepcopy(), nodes.caption("", "", place)]
            if number == 1:
                above = nodes.reference("", "The figure at the top of this page.", refid=named)
                picture.replace_self(nodes.paragraph("", "", above, classes=["site-only"]))
                page = next(self.document.findall(nodes.section))
                page.insert(page.first_child_matching_class(nodes.paragraph) + 1, figure)
            else:
                picture.replace_self(figure)


def place_thumbnails(app: Sphinx) -> None:
    """After the gallery: a script's thumbnail is its first panel, not its first figure."""
    for panel in sorted(Path(app.srcdir).glob(f"auto_gallery/*/images/*_001{THUMBNAIL}")):
        name = panel.name.removesuffix(f"_001{THUMBNAIL}")
        panel.rename(panel.parent / "thumb" / f"{name}_thumb.svg")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the transform, and the hook after Sphinx-Gallery's own."""
    app.add_transform(FigureFirst)
    app.connect("builder-inited", place_thumbnails, priority=700)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
