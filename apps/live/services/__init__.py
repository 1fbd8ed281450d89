"""Between the engine's processes and the browsers' sockets: publishing, subscribing, pushing."""
