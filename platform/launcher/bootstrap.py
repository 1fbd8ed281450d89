"""The gate of `make run`: any Python can read this file, so that an old one gets a sentence, not a traceback.

python3 bootstrap.py run|test|lint|format|bench|reset|... [argument ...]
"""

# Old spellings on purpose: an old Python must get as far as the sentence.
# ruff: noqa: UP032, UP036

import os
import sys


def main():  # type: ignore[no-untyped-def]
    if sys.version_info < (3, 11):
        sys.exit(
            "jiepai: Python 3.11 or newer is needed, this is {}.{} ({}): name another one, such as PYTHON=python3.12.".format(
                sys.version_info[0], sys.version_info[1], sys.executable
            )
        )
    sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    sys.path.remove(os.path.dirname(os.path.abspath(__file__)))
    from launcher import install, place

    place.exit_with_one_sentence(install.main)


if __name__ == "__main__":
    main()  # type: ignore[no-untyped-call]
