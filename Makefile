# Everything there is to do with this project. `make` alone builds.
SHELL := /bin/bash
OUT := out
CONFIGURATION ?= Release
# The machine to build for: amd64, or arm64 with Debian's cross compiler, into out/arm64.
ARCH ?= amd64
ifeq ($(ARCH),arm64)
OUT := out/arm64
FOR := -r linux-arm64
PREFIX := aarch64-linux-gnu-
endif

.PHONY: build demo test bench bench-quick bench-more bench-supply bench-filters bench-pages bench-replication soak soak-quick lint format fuzz crash \
	mutation replication-rules replication-soak replication-kills pictures packages test-packages same release test-agent-repository test-old-systems \
	clean

build:
	@scripts/need.sh build$(if $(FOR),-$(ARCH))
	@echo "building the portal (a minute or two the first time)"
	@dotnet publish src/EPortal/EPortal.csproj -c $(CONFIGURATION) $(FOR) -o $(OUT)/.portal -v quiet --nologo
	@install -m 0755 $(OUT)/.portal/eportal $(OUT)/eportal.bin
	@install -m 0644 $(OUT)/.portal/libe_sqlite3.so $(OUT)/libe_sqlite3.so
	@CC=$(PREFIX)gcc src/Native/glibc.sh $(OUT)/.glibc
	@$(PREFIX)gcc -O2 -s -Wall -Wextra -Werror -o $(OUT)/eportal src/EPortal/start.c @$(OUT)/.glibc/flags
	@echo "building the agent"
	@dotnet publish src/Kcarectl/Kcarectl.csproj -c $(CONFIGURATION) $(FOR) -o $(OUT)/.agent -v quiet --nologo
	@install -m 0755 $(OUT)/.agent/kcarectl $(OUT)/kcarectl
	@rm -rf $(OUT)/.agent $(OUT)/.glibc
	@ln -sf eportal $(OUT)/kc.eportal
	@echo "built $(OUT)/eportal, $(OUT)/kc.eportal and $(OUT)/kcarectl"

# What a target needs is looked for before anything is built. 130 is Ctrl-C.
demo:
	@scripts/demo.sh --check
	@$(MAKE) --no-print-directory build
	@scripts/demo.sh || [ $$? = 130 ]

test:
	@scripts/need.sh test
	@$(MAKE) --no-print-directory build
	@scripts/test.sh

# Starts portal and agent on Debian 11; needs root.
test-old-systems: build
	@tests/old-systems/run.sh

bench: build
	@scripts/bench.sh

bench-quick: build
	@scripts/bench.sh --quick

bench-more: build
	@scripts/bench.sh --more

bench-supply: build
	@scripts/bench.sh --supply

bench-filters: build
	@scripts/bench.sh --filters

bench-pages: build
	@scripts/bench.sh --pages

bench-replication: build
	@scripts/bench.sh --replication

# Each rule of replication switched off, until the random schedules notice.
replication-rules:
	@scripts/replication-rules.sh

soak: build
	@scripts/soak.sh

soak-quick: build
	@scripts/soak.sh --quick

# Random schedules of nodes in process, by number; the next 1000 each time.
replication-soak:
	@scripts/need.sh build
	@scripts/replication-soak.sh

# Real nodes: killed under load, and behind a balancer.
replication-kills: build
	@scripts/replication-soak.sh --kills

# The build reports analyzers and code style (EnforceCodeStyleInBuild) as errors; format's other parts would run the same rules again.
lint:
	@scripts/need.sh lint
	dotnet build eportal.slnx -c $(CONFIGURATION) -v quiet --nologo
	dotnet tool restore
	dotnet csharpier check .
	scripts/lines.sh
	dotnet format whitespace eportal.slnx --verify-no-changes --no-restore
	shellcheck -x scripts/*.sh .ci/run $$(git ls-files 'tests/*.sh' 'src/*.sh' 'packaging/*.sh') packaging/files/prepare packaging/files/migratedb.py

format:
	dotnet tool restore
	dotnet csharpier format .
	dotnet format eportal.slnx --no-restore

fuzz: build
	@scripts/fuzz.sh

crash: build
	@scripts/crash.sh

# What no test notices when the program is changed (docs/mutation-testing.md); takes hours.
mutation:
	@scripts/need.sh test
	@scripts/mutation.sh

# The agent's package by apt and dnf in roots of their own.
test-agent-repository:
	@scripts/need.sh build agents
	@$(MAKE) --no-print-directory build
	@scripts/test-agent-repository.sh

pictures: build
	@scripts/pictures.sh

# Everything that is given out, into dist/.
packages:
	@[ $(ARCH) = amd64 ] || { echo 'packages are built for amd64 alone; make build ARCH=$(ARCH) builds the programs' >&2; exit 1; }
	@scripts/need.sh build packages
	@$(MAKE) --no-print-directory build
	@scripts/packages.sh

# Installs, upgrades, removes and runs what is in dist/: roots with systemd, dnf, a container.
test-packages:
	@[ $(ARCH) = amd64 ] || { echo 'packages are built for amd64 alone; make build ARCH=$(ARCH) builds the programs' >&2; exit 1; }
	@scripts/need.sh packages test-packages
	@[ -d dist ] || $(MAKE) --no-print-directory packages
	@scripts/test-packages.sh

# Builds the packages in two folders and compares them.
same:
	@scripts/need.sh build packages
	@scripts/same.sh

release:
	@scripts/release.sh

clean:
	rm -rf $(OUT) artifacts dist
	dotnet clean eportal.slnx -v quiet --nologo
