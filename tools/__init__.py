"""Commands for those who work on Libra; run with ``python -m tools.NAME``. The app needs none of them."""
