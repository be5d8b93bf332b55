"""``python -m matchzoo`` and ``torchrun … -m matchzoo`` are the command ``matchzoo``."""

from matchzoo.cli.main import main

if __name__ == "__main__":
    main()
