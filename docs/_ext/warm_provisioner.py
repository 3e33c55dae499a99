"""How the kernel's manager gets a kernel of the warm process (see kernels.py)."""

import os
from pathlib import Path
from typing import Any

from jupyter_client.provisioning import LocalProvisioner
from kernels import ForkedKernel, warm


class WarmProvisioner(LocalProvisioner):
    """Forks a kernel where the ordinary one starts a process; all else is the ordinary one's."""

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> dict[str, Any]:
        """Fork a kernel with the arguments, environment and folder that were asked for."""
        if not warm.address:
            return await super().launch_kernel(cmd, **kwargs)
        arguments = cmd[cmd.index("ipykernel_launcher") + 1 :]
        folder = str(kwargs.get("cwd") or Path.cwd())
        self.process = ForkedKernel(
            warm.address, arguments, kwargs.get("env") or dict(os.environ), folder
        )
        self.pid = self.pgid = self.process.pid  # it leads a session of its own
        self.cwd = folder
        return self.connection_info
