"""`python -m frontend.cli` is `porta`."""

from frontend.cli.main import main

main()
