"""The manual: what makes a site of docs/ and of the code; `make docs` runs it.

`python -m manual` stages the pages (`staging`), adds those that the code itself says (`reference`),
and has Sphinx build them (`building`), with warnings as errors and without the network. The site
is at `/manual/` of a web.
"""
