"""What one request may ask for many times over."""

from __future__ import annotations

from kernel.throttles import RunThrottle


class BulkThrottle(RunThrottle):
    """A run that is asked for together with others counts as if it were asked for alone."""

    def cost(self, request):
        asked = request.data if isinstance(request.data, dict) else {}
        ids = asked.get("ids")
        return len(ids) if asked.get("action") == "run" and isinstance(ids, list) else 1
