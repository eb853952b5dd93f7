"""What `make load` measures: Porta's web under load, beside the same gunicorn with a bare Flask."""
