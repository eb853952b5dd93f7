"""`porta web`: the application under gunicorn."""
