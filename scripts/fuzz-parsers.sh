#!/usr/bin/env bash
# Tries mutations of the corpus (Tests/Fixtures/fuzz) at the parsers of foreign bytes. Exits with 1 if one fails.
# Variables: FUZZ_SECONDS (10, for each target), FUZZ_SEED (random), FUZZ_TARGET (all), FUZZ_ENGINE.
# Engines: `mutations` needs no build of its own; `libfuzzer` is guided by coverage, and builds everything once more with it
# (some minutes) into .build-libfuzzer. Inputs that fail are kept in .build-fuzz/crashes, and made smaller.
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=${FUZZ_SECONDS:-10}
seed=${FUZZ_SEED:-$((RANDOM * 32768 + RANDOM + 1))}
crashes=.build-fuzz/crashes
mkdir -p "$crashes"
scripts/install-dependencies.sh

case "${FUZZ_ENGINE:-mutations}" in
    mutations)
        swift build --product parser-fuzzer
        arguments=(--seconds "$seconds" --seed "$seed" --crashes "$crashes")
        [ -z "${FUZZ_TARGET:-}" ] || arguments+=(--target "$FUZZ_TARGET")
        exec .build/debug/parser-fuzzer "${arguments[@]}"
        ;;
    libfuzzer)
        swift build --product parser-fuzzer --sanitize fuzzer -Xswiftc -DLIBFUZZER --scratch-path .build-libfuzzer
        fuzzer=$PWD/.build-libfuzzer/debug/parser-fuzzer
        export SWIFT_BACKTRACE=enable=no
        status=0
        echo "seed $seed, $seconds s for each target"
        for folder in Tests/Fixtures/fuzz/${FUZZ_TARGET:-*}; do
            FUZZ_TARGET=$(basename "$folder")
            export FUZZ_TARGET
            # New inputs stay out of the committed corpus.
            found=.build-fuzz/corpus/$FUZZ_TARGET
            mkdir -p "$found"
            prefix=$crashes/$FUZZ_TARGET-seed-$seed-
            if "$fuzzer" -seed="$seed" -max_total_time="$seconds" -timeout=60 -rss_limit_mb=4096 -print_final_stats=1 \
                -artifact_prefix="$prefix" "$found" "$folder" >"$found.log" 2>&1; then
                echo "$FUZZ_TARGET: $(sed -n 's/^stat::number_of_executed_units: *//p' "$found.log") inputs, nothing found"
                continue
            fi
            status=1
            tail -n 5 "$found.log"
            for input in "$prefix"*; do
                [ -e "$input" ] || continue
                echo "$FUZZ_TARGET: an input fails; seed $seed, kept in $input"
                "$fuzzer" -minimize_crash=1 -max_total_time=30 -exact_artifact_path="$input.minimized" "$input" \
                    >"$found.log" 2>&1 || true
                [ ! -s "$input.minimized" ] || echo "$FUZZ_TARGET: $(wc -c <"$input.minimized") bytes of it are enough: $input.minimized"
            done
        done
        exit "$status"
        ;;
    *) echo "fuzz-parsers: ENGINE must be mutations or libfuzzer" >&2; exit 2 ;;
esac
