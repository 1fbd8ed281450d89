"""The protocol of the live socket: topics, messages, pacing. No Django, no event loop."""
