"""What is measured: every module here registers measures, and is found by being here."""
