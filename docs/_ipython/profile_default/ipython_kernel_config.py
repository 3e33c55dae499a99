"""The kernel that runs the pages' cells: figures as SVG, and nothing written to disk."""

from ipykernel.iostream import OutStream

c = get_config()  # noqa: F821 - IPython defines it when it reads this file
c.HistoryManager.enabled = False
c.InlineBackend.figure_formats = {"svg"}
c.InlineBackend.print_figure_kwargs = {"bbox_inches": "tight"}
c.InlineBackend.rc = {}
# Kernels of a build speak to it alone, on this machine: the note on encryption at every start is noise.
c.IPKernelApp.log_level = 40
# What a cell prints is sent when it ends: sent every fifth of a second, it would arrive in pieces that depend
# on the machine's speed, and a page shows their borders.
OutStream.flush_interval = 3600
