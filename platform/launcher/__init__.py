"""`make run`, `make test` and `make reset`: from a fresh clone to a running or checked platform.

bootstrap  the gate: is this Python new enough?     } standard library only, run by the
install    virtual environment, packages, front end } system's Python
run        settings, servers, preparation, processes } run by .venv's Python
checks     every linter and every test              }
"""
