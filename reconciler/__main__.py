"""``python -m reconciler`` is ``plotman``."""

from reconciler.commands import main

if __name__ == "__main__":
    main()
