# Recipes for developers; `just` is on the Python index as rust-just and comes with the `dev` extra.

export PATH := justfile_directory() / ".venv/bin:" + env("PATH")

# list the recipes
default:
    @just --list

# everything CI checks
check: lint types imports test

# format and lint, changing nothing
lint:
    ruff format --check .
    ruff check .

# put the code in the project's format
format:
    ruff format .
    ruff check --fix .

# static types, strict
types:
    mypy

# which way imports may point
imports:
    lint-imports

# the tests, slow ones included
test *ARGS:
    pytest -n 2 {{ARGS}}

# only the tests that take no time
fast *ARGS:
    pytest -n 2 -m "not slow and not models" {{ARGS}}
