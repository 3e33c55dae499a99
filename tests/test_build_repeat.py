"""Clean builds give the same bytes, wherever, whenever, and with however many workers."""

from pathlib import Path

import pytest
from tiny_site import TinySite, differences

pytestmark = pytest.mark.tiny


def test_two_clean_builds(tmp_path: Path) -> None:
    """Another folder, another time, one worker or two: the same files, byte by byte."""
    one, other = TinySite(tmp_path / "one"), TinySite(tmp_path / "another" / "folder")
    other.edit("docs/conf.py", '"parallel": 2', '"parallel": 1')
    for site, workers in ((one, 2), (other, 1)):
        built = site.build(workers=workers)
        assert built.status == 0, built.said
    made = one.contents()
    assert not differences(made, other.contents())
    assert not [name for name, data in made.items() if str(tmp_path).encode() in data]
