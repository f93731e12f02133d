# SPDX-License-Identifier: Apache-2.0
#
#   make run     the worker with a simulated office, on a broker inside the process
#   make test    all tests; those that need what is not there say so and are skipped
#   make torture what a real broker has to show: kills, stops, lost answers (KAFKA_BOOTSTRAP; ARGS=--help for more)
#   make poison  a hundred thousand damaged records through a worker on its embedded broker (ARGS="--count COUNT --seed SEED")
#   make simulate  the lanes on a simulated Kafka, a million schedules (ARGS="--seeds COUNT --first SEED --jobs COUNT")
#   make mutants   the same on lanes with a mistake each: every one has to be found
#   make fuzz    every parser on half a million damaged inputs (RUNS=10000000 for more each; see Tests/README.md)
#   make man     docs/man/presence-worker.1 from the commands, after any of them has changed
#   make bench   the benchmarks of docs/PERFORMANCE.md (KAFKA_BOOTSTRAP=host:port for those that need a broker)

SWIFT ?= swift

.PHONY: run build simulate mutants test fuzz torture poison man bench lint format packages test-packages clean

run: build
	@exec "$$($(SWIFT) build -c release --show-bin-path)/presence-worker" demo $(ARGS)

build: packages
	$(SWIFT) build -c release --product presence-worker

test: test-packages
	$(SWIFT) test $(ARGS)

torture: build test-packages
	.venv/bin/python3 Tests/Torture/torture.py $(or $(ARGS),kills)

poison: build test-packages
	.venv/bin/python3 Tests/Torture/poison.py $(ARGS)

simulate: packages
	$(SWIFT) build -c release --product simulate
	"$$($(SWIFT) build -c release --show-bin-path)/simulate" --seeds 1000000 $(ARGS)

mutants: packages
	Tests/Simulate/mutants.py $(ARGS)

fuzz: packages
	Tests/Fuzz/run $(ARGS)

# The parser's own plugin writes what it knows; docs/man/sections.mdoc is what it does not.
man: packages
	$(SWIFT) package plugin generate-manual --configuration debug --date "$$(date +%F)"
	sed '/^\.Sh "EXIT STATUS"/,$$d' .build/plugins/GenerateManual/outputs/presence-worker/presence-worker.1 \
	  | cat - docs/man/sections.mdoc > docs/man/presence-worker.1

bench: test-packages
	Benchmarks/run $(ARGS)

lint:
	$(SWIFT) format lint --strict --recursive Package.swift Sources Tests Benchmarks

format:
	$(SWIFT) format --in-place --recursive Package.swift Sources Tests Benchmarks

# Installs the system packages that are missing; does nothing where all are there.
packages:
	@.ci/install build

test-packages:
	@.ci/install test

clean:
	rm -rf .build .venv
