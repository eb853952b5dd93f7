"""Porta's Helm chart: plain templates, and the values that the settings give it."""
