# semlink. `make` lists what there is.

VENV    := .venv
PYTHON  ?= python3.11# interpreter that makes the environment
UV      := uv==0.13.9

# What a sweep runs over. CONFIG gives what is not said here: with its default, what
# stands in brackets below.
CONFIG      ?= sweep#         YAML file, or the name of one in experiments/configs
RUN         ?= sweep#         results go to runs/RUN
SOURCE      ?=#               [photos] or folder:PATH, coco:ROOT, gaussian
TRANSMITTER ?=#               [jpeg2000_ldpc jpeg2000_ldpc[mcs=auto] jpeg_ldpc] or others
CHANNEL     ?=#               [awgn rayleigh] or others, such as rayleigh[coherence_length=64]
SNR_DB      ?=#               [4:16:2] Es/N0 in dB: numbers or start:stop:step
CBR         ?=#               [0.03 0.0625] numbers or start:stop:step
CBR_MODE    ?=#               [average] or per_image
IMAGES      ?=#               [all] images per point
DRAWS       ?=#               [1] channel draws per image
CI95        ?=#               [off] more draws until the PSNR is known within this, in dB
SEED        ?=#               [1] root of all randomness
SET         ?=#               more key=value, such as stop.max_draws=20
WORKERS     ?= 0#             processes that a sweep uses; 0: one, without dask
CLUSTER     ?=#               tcp://HOST:PORT of a dask scheduler, or a YAML for SLURM
CACHE_GIB   ?= 4#             GiB that sweeps keep of what they sent; 0: nothing
QUICK       ?=#               [off] 1: fig4 in minutes, on a coarse grid
SHOW        ?=#               [0 1] images that make panel and make report show
PICTURES    ?= 12#            received pictures that make report shows
AGAINST     ?= jpeg2000_ldpc# what make compare compares with
METRIC      ?= psnr#          and by which metric
A           ?=#               or a run that make compare compares with
B           ?=#               another run

# What make train trains. A run that stopped goes on where it was.
MODEL       ?= ntscc#         networks to train: ntscc, akb_jscc or channel_kb
PROFILE     ?= base#          their size: tiny or base
DATA        ?=#               folder of photos, COCO's layout included
BACKEND     ?= tensorflow#    Keras backend: tensorflow, jax or torch
START       ?= baselines/nn/ntscc_base# weights that make device-pack takes along
TRAIN       ?=#               more options, such as --joint-epochs 20; --help lists them
NOTE        ?=#               what the card of promoted weights should say first

# Knowledge bases of descriptions.
KB          ?=#               file of a knowledge base
SIZE        ?= 4096#          entries of the one that make kb builds
DESCRIBER   ?= detector#      who describes photos: detector, coco_captions, blip or llava_next
ENCODER     ?= minilm#        text encoder: minilm or clip
TEXT        ?=#               what make kb-search looks for
CONTEXTS    ?= runs/contexts.npz# what make kb-embed writes, for TRAIN='--contexts FILE'

# Memory that a training step frees is kept for the next: faulting its pages in again
# takes up to a third of a step. glibc reads these.
KEEP_FREED  := MALLOC_ARENA_MAX=1 MALLOC_MMAP_THRESHOLD_=1073741824 \
               MALLOC_TRIM_THRESHOLD_=4294967296

said = $(if $(strip $(2)),'$(1)=$(strip $(2))')
SETTINGS = $(call said,source,$(SOURCE)) $(call said,transmitter,$(TRANSMITTER)) \
	$(call said,channel,$(CHANNEL)) $(call said,snr_db,$(SNR_DB)) \
	$(call said,cbr,$(CBR)) $(call said,cbr_mode,$(CBR_MODE)) \
	$(call said,stop.images,$(IMAGES)) $(call said,stop.draws,$(DRAWS)) \
	$(call said,stop.ci95,$(CI95)) $(call said,seed,$(SEED)) $(SET)

SEMLINK := $(VENV)/bin/python -m experiments
.DEFAULT_GOAL := help

.PHONY: help
help: ## list targets and variables
	@echo "make TARGET [VARIABLE=value ...]"; echo
	@awk -F':.*## ' '/^[a-z0-9-]+:.*## / {printf "  %-16s %s\n", $$1, $$2}' Makefile
	@echo; awk -F'[?]= *|# *' '/^[A-Z_0-9]+ +[?]=/ \
		{printf "  %-16s %s%s\n", $$1, $$2 == "" ? "" : "[" $$2 "] ", $$3}' Makefile

.PHONY: sweep
sweep: $(VENV)/ready ## simulate a grid; writes table, CSV, manifest and figures
	@$(SEMLINK) sweep --config '$(strip $(CONFIG))' --run '$(strip $(RUN))' \
		--cache-gib '$(strip $(CACHE_GIB))' --workers '$(strip $(WORKERS))' \
		--cluster '$(strip $(CLUSTER))' -- $(SETTINGS)

.PHONY: profile
profile: $(VENV)/ready ## where the time of such a sweep goes, stage by stage; keeps nothing
	@$(SEMLINK) profile --config '$(strip $(CONFIG))' -- $(SETTINGS)

.PHONY: worker
worker: $(VENV)/ready ## simulate points for the scheduler CLUSTER until it goes away
	@$(SEMLINK) worker '$(strip $(CLUSTER))'

.PHONY: scheduler
scheduler: $(VENV)/ready ## a scheduler that workers and sweeps on any machine can join
	@$(VENV)/bin/dask scheduler

.PHONY: clean-cache
clean-cache: $(VENV)/ready ## delete what sweeps kept of what they sent
	@$(SEMLINK) clean-cache

.PHONY: figure
figure: $(VENV)/ready ## draw the figures of RUN again from its CSV
	@$(SEMLINK) figure --run '$(strip $(RUN))'

.PHONY: panel
panel: $(VENV)/ready ## photos of RUN side by side, per transmitter and SNR
	@$(SEMLINK) panel --run '$(strip $(RUN))' $(if $(strip $(SHOW)),--images '$(strip $(SHOW))') \
		$(if $(strip $(CBR)),--cbr '$(strip $(CBR))')

.PHONY: report
report: $(VENV)/ready ## one HTML file of RUN: curves, table, pictures, provenance
	@$(SEMLINK) report --run '$(strip $(RUN))' --cache-gib '$(strip $(CACHE_GIB))' \
		--pictures '$(strip $(PICTURES))' \
		$(if $(strip $(SHOW)),--images '$(strip $(SHOW))')

.PHONY: fig4
fig4: $(VENV)/ready ## AKB-JSCC against all others, the case study's figure [QUICK=1 RUN=fig4]
	@$(SEMLINK) fig4 --run '$(if $(filter sweep,$(strip $(RUN))),fig4,$(strip $(RUN)))' \
		$(if $(strip $(SOURCE)),--source '$(strip $(SOURCE))') \
		$(if $(strip $(IMAGES)),--images '$(strip $(IMAGES))') \
		$(if $(strip $(QUICK)),--quick)

.PHONY: compare
compare: $(VENV)/ready ## differences to AGAINST in RUN, or of run B to run A, image by image
	@$(SEMLINK) compare --run '$(strip $(RUN))' --against '$(strip $(AGAINST))' \
		--metric '$(strip $(METRIC))' $(if $(strip $(A)$(B)),--a '$(strip $(A))' --b '$(strip $(B))')

.PHONY: list
list: $(VENV)/ready ## every component with its parameters
	@$(SEMLINK) list

.PHONY: train
train: $(VENV)/ready ## train MODEL on DATA; checkpoints and logs in runs/RUN
ifeq ($(strip $(MODEL)),channel_kb)
	@$(VENV)/bin/python -m experiments.policies \
		--run 'runs/$(strip $(RUN))' --data '$(strip $(DATA))' $(TRAIN)
else
	@KERAS_BACKEND='$(strip $(BACKEND))' $(KEEP_FREED) $(VENV)/bin/python -m experiments.training \
		--run 'runs/$(strip $(RUN))' --model '$(strip $(MODEL))' \
		--profile '$(strip $(PROFILE))' --data '$(strip $(DATA))' $(TRAIN)
endif

.PHONY: training-profile
training-profile: $(VENV)/ready ## what a step of make train takes: MODEL, DATA, BACKEND, TRAIN
	@KERAS_BACKEND='$(strip $(BACKEND))' $(KEEP_FREED) TF_CPP_MIN_LOG_LEVEL=2 \
		$(VENV)/bin/python -m experiments.training.step_profile \
		--model '$(strip $(MODEL))' --profile '$(strip $(PROFILE))' \
		--data '$(strip $(DATA))' $(TRAIN)

.PHONY: device-pack
device-pack: $(VENV)/ready ## make the tree ready for a lent accelerator: DATA, START, TRAIN
	@KERAS_BACKEND=jax $(VENV)/bin/python -m experiments.training.device.pack \
		--data '$(strip $(DATA))' --start '$(strip $(START))' $(TRAIN)

.PHONY: device-unpack
device-unpack: $(VENV)/ready ## put back what make device-pack had put aside
	@$(VENV)/bin/python -m experiments.training.device.pack --unpack

.PHONY: training-curve
training-curve: $(VENV)/ready ## PSNR over hours: CURVES="ntscc=runs/a,runs/b akb_jscc=runs/c"
	@$(SEMLINK) training-curve $(CURVES)

.PHONY: promote
promote: $(VENV)/ready ## ship the weights of RUN beside their owner, with a model card
	@$(SEMLINK) promote --run '$(strip $(RUN))' --note '$(strip $(NOTE))'

.PHONY: channel-kb
channel-kb: $(VENV)/ready ## what the channel knowledge base is worth on SOURCE, at equal CBR
	@$(SEMLINK) channel-kb $(if $(strip $(SOURCE)),--source '$(strip $(SOURCE))') \
		$(if $(strip $(IMAGES)),--images '$(strip $(IMAGES))')

.PHONY: meaning
meaning: $(VENV)/ready ## AKB-JSCC's rates inside the objects of SOURCE, and outside
	@$(SEMLINK) meaning --source '$(strip $(SOURCE))' \
		$(if $(strip $(IMAGES)),--images '$(strip $(IMAGES))')

.PHONY: side-information
side-information: $(VENV)/ready ## bits of a block of SOURCE that a learned TRANSMITTER tells, and might
	@$(SEMLINK) side-information \
		$(if $(strip $(SOURCE)),--source '$(strip $(SOURCE))') \
		$(if $(strip $(IMAGES)),--images '$(strip $(IMAGES))') \
		$(if $(strip $(TRANSMITTER)),--transmitter '$(strip $(TRANSMITTER))')

.PHONY: kb
kb: $(VENV)/ready ## build knowledge base KB of the photos or captions in DATA
	@$(SEMLINK) kb build --source '$(strip $(DATA))' --output '$(strip $(KB))' \
		--size '$(strip $(SIZE))' --describer '$(strip $(DESCRIBER))' --encoder '$(strip $(ENCODER))'

.PHONY: kb-embed
kb-embed: $(VENV)/ready ## look up the photos in DATA, for training; writes CONTEXTS
	@$(SEMLINK) kb embed --source '$(strip $(DATA))' --output '$(strip $(CONTEXTS))' \
		$(if $(strip $(KB)),--base '$(strip $(KB))') \
		--describer '$(strip $(DESCRIBER))' --encoder '$(strip $(ENCODER))'

.PHONY: kb-show
kb-show: $(VENV)/ready ## say what is in a knowledge base [KB=the shipped one]
	@$(SEMLINK) kb show $(if $(strip $(KB)),--base '$(strip $(KB))')

.PHONY: kb-search
kb-search: $(VENV)/ready ## what a knowledge base holds that is nearest to TEXT
	@$(SEMLINK) kb search '$(strip $(TEXT))' --encoder '$(strip $(ENCODER))' \
		$(if $(strip $(KB)),--base '$(strip $(KB))')

.PHONY: test
test: $(VENV)/ready ## the default tests
	@$(KEEP_FREED) $(VENV)/bin/python -m pytest -q -n auto --dist loadfile

.PHONY: test-slow
test-slow: $(VENV)/ready ## the long ones too
	@$(KEEP_FREED) $(VENV)/bin/python -m pytest -q -n auto --dist loadfile -m "slow or not slow"

.PHONY: lint
lint: $(VENV)/ready ## check style and formatting
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check .

.PHONY: format
format: $(VENV)/ready ## format the code
	@$(VENV)/bin/ruff check --fix .
	@$(VENV)/bin/ruff format .

.PHONY: papr
papr: $(VENV)/ready ## peaks of what each TRANSMITTER sends, as OFDM
	@$(SEMLINK) papr --transmitter '$(or $(strip $(TRANSMITTER)),ntscc jpeg2000_ldpc)' \
		$(if $(strip $(SOURCE)),--source '$(strip $(SOURCE))') \
		$(if $(strip $(IMAGES)),--images '$(strip $(IMAGES))')

.PHONY: channel-gallery
channel-gallery: $(VENV)/ready ## draw how channels fade, and their delay profiles
	@$(SEMLINK) channel-gallery

.PHONY: bench
bench: $(VENV)/ready ## time the digital chain, the sweep and the command line; with WORKERS=2, a sweep of SOURCE alone
	@$(SEMLINK) bench --workers '$(strip $(WORKERS))' \
		$(if $(strip $(SOURCE)),--source '$(strip $(SOURCE))') \
		$(if $(strip $(IMAGES)),--images '$(strip $(IMAGES))')

.PHONY: memory
memory: $(VENV)/ready ## what a sweep of SOURCE holds in memory as it grows tenfold
	@$(SEMLINK) memory --source '$(strip $(SOURCE))' \
		--transmitter '$(or $(strip $(TRANSMITTER)),ntscc jpeg2000_ldpc)'

.PHONY: mcs-table
mcs-table: $(VENV)/ready ## measure blocks/phy/mcs.csv again (half an hour and more)
	@$(SEMLINK) mcs-table

.PHONY: venv
venv: $(VENV)/ready ## make the environment from requirements.lock

$(VENV)/ready: requirements.lock requirements-boot.lock setup.cfg
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; \
		sys.exit(v != (3, 11) and f"semlink needs Python 3.11, got {v[0]}.{v[1]} ($(PYTHON))" or 0)'
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/pip install -q --disable-pip-version-check --require-hashes \
		-r requirements-boot.lock
	$(VENV)/bin/pip install -q --disable-pip-version-check --require-hashes \
		--no-deps --no-build-isolation -r requirements.lock
	$(VENV)/bin/pip install -q --disable-pip-version-check --no-deps \
		--no-build-isolation -e .
	@touch $@

.PHONY: lock
lock: ## resolve requirements.in again, with hashes
	$(PYTHON) -m venv .venv-lock
	.venv-lock/bin/pip install -q $(UV)
	.venv-lock/bin/uv pip compile -q --upgrade --python-version 3.11 --generate-hashes \
		--custom-compile-command "make lock" --override requirements.overrides \
		requirements.in -o requirements.lock
	printf 'numpy\nsetuptools\nwheel\n' | .venv-lock/bin/uv pip compile -q \
		--python-version 3.11 --generate-hashes -c requirements.lock --no-annotate \
		--custom-compile-command "make lock" - -o requirements-boot.lock
	rm -rf .venv-lock

.PHONY: clean
clean: ## remove the environment (never results)
	rm -rf $(VENV) .pytest_cache .ruff_cache
