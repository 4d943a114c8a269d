"""The program: `python -m ovtui`, and what the installed command calls."""

from ovtui.cli.interrupts import INTERRUPTS

INTERRUPTS.install()  # before the other imports, which take time: from here on an interrupt has no traceback

from ovtui.cli.main import main  # noqa: E402

if __name__ == "__main__":
    main()
