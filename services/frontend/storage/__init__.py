"""Redis: the connection, the keys, the scripts, and the rules of Porta's user."""
