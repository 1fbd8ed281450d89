"""Scripts in confined child processes, forked from a warm process. Knows nothing of jobs, and no Django.

    forks = ForkServer(workdirs=Path("/var/lib/jiepai/work"))
    forks.start()
    end = forks.run(ScriptSpec(kind="python", source="print(1)"), on_output=print_it, cancel=CancelToken())

docs/threat-model.md says what a script must not reach, ``ForkServer.report`` what this machine keeps it from.
"""

from apps.jobs.runners.sandbox.cancel import CancelToken
from apps.jobs.runners.sandbox.client import ForkServer, NotConfined
from apps.jobs.runners.sandbox.harden import harden_process
from apps.jobs.runners.sandbox.spec import Limits, ScriptEnd, ScriptSpec

__all__ = ["CancelToken", "ForkServer", "Limits", "NotConfined", "ScriptEnd", "ScriptSpec", "harden_process"]
