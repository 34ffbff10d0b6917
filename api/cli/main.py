"""The command `clickledger`, as it is installed."""

import gc


def main() -> None:
    """Load all commands, and run the one that is asked.

    Nearly all that is loaded stays. To look through it again and again meanwhile, for what does not, took a fifth of a start.
    """
    gc.disable()
    from api.cli import commands

    gc.freeze()
    gc.enable()
    commands.run()


if __name__ == "__main__":
    main()
