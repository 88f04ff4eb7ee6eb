# semlink. `make` lists what there is.
#
# A line takes.TARGET declares a target and the variables that it takes; any other on the
# command line of make is refused, and so is a missing one of those marked with !. The
# comments after ##@, ## and # are what `make` prints: groups, targets, variables with
# [their defaults].

VENV    := .venv
UV      := uv==0.13.9

# What the command line gives is text: a dollar in it is a dollar.
given := $(foreach v,$(.VARIABLES),$(if $(findstring command,$(origin $v)),$v))
$(foreach v,$(given),$(eval override $v := $$(value $v)))

# A text as one word of the shell; and the first of two texts that is not blank.
quoted = '$(subst ','\'',$(1))'
first = $(if $(strip $(1)),$(1),$(2))
# What a variable says, if it says anything: as an option, or as key=value of a sweep.
option = $(if $(strip $(2)),--$(1) $(call quoted,$(2)))
said = $(if $(strip $(2)),$(call quoted,$(1)=$(2)))
# The name of a run: RUN, or the default of a target.
run = --run $(call quoted,$(call first,$(RUN),$(1)))
quick = $(filter-out 0 off,$(strip $(QUICK)))

PY      := $(VENV)/bin/python
SEMLINK := $(PY) -m experiments
.DEFAULT_GOAL := help

##@ Simulate

CONFIG      ?=#               [sweep] YAML file, or a name in experiments/configs; sets the [...]
SCENARIO    ?=#               closed loops instead of links: NAME or NAME[key=value,...]
SOURCE      ?=#               [photos] or folder:PATH, coco:ROOT, gaussian
TRANSMITTER ?=#               [ntscc jpeg2000_ldpc jpeg2000_ldpc[mcs=auto] jpeg_ldpc] or others
CHANNEL     ?=#               [awgn rayleigh] or others, such as rayleigh[coherence_length=64]
SNR_DB      ?=#               [4:16:2] Es/N0 in dB: numbers or start:stop:step
CBR         ?=#               [0.03 0.0625] numbers or start:stop:step
CBR_MODE    ?=#               [average] or per_image, causal
TASK        ?=#               [reconstruction] or others; several judge the same deliveries
FEEDBACK    ?=#               [free] or bits per channel use of the feedback link
IMAGES      ?=#               [all] images per point
DRAWS       ?=#               [1] channel draws per image
CI95        ?=#               [off] draw until the first metric's 95 % interval has this half width
SEED        ?=#               [1] root of all randomness
SET         ?=#               more key=value, such as stop.max_draws=20
RUN         ?=#               [sweep, or the target's own, such as fig4] results are in runs/RUN
WORKERS     ?= 0#             worker processes of a sweep; 0: one process, without dask
CLUSTER     ?=#               instead of WORKERS: tcp://HOST:PORT, tls://HOST:PORT or a YAML for SLURM
TLS         ?=#               [off] certificate of the cluster, from make cluster-keys [cluster.pem]
HOST        ?=#               [127.0.0.1] address of make scheduler; with TLS, one that others can reach
PORT        ?= 8786#          port of make scheduler
CACHE_GIB   ?= 4#             limit of the cache of transmitted signals, in GiB; 0: no cache
SHOW_METRICS ?=#              more metrics in a sweep's table, such as "ber goodput", or all
QUICK       ?=#               [off] 1: a coarse grid, which takes minutes
PROTOCOL    ?=#               [adaptive] or paper: make fig4 with codecs designed for 10 dB

LOOPS = SCENARIO SNR_DB DRAWS CI95 SEED SET
GRID = SOURCE TRANSMITTER CHANNEL SNR_DB CBR CBR_MODE TASK FEEDBACK IMAGES DRAWS CI95 \
	SEED SET
SETTINGS = $(call said,scenario,$(SCENARIO)) $(call said,source,$(SOURCE)) $(call said,transmitter,$(TRANSMITTER)) \
	$(call said,channel,$(CHANNEL)) $(call said,snr_db,$(SNR_DB)) \
	$(call said,cbr,$(CBR)) $(call said,cbr_mode,$(CBR_MODE)) \
	$(call said,task,$(TASK)) \
	$(call said,feedback.bits_per_use,$(filter-out free,$(strip $(FEEDBACK)))) \
	$(call said,stop.images,$(IMAGES)) $(call said,stop.draws,$(DRAWS)) \
	$(call said,stop.ci95,$(CI95)) $(call said,seed,$(SEED)) $(SET)

takes.sweep = RUN CONFIG $(if $(strip $(SCENARIO)),$(LOOPS),SCENARIO $(GRID)) CACHE_GIB SHOW_METRICS \
	CLUSTER $(if $(strip $(CLUSTER)),,WORKERS) \
	$(if $(strip $(CLUSTER))$(filter-out 0,$(WORKERS)),TLS)
sweep: $(VENV)/ready ## simulate a grid; table, manifest and figures in runs/RUN
	@$(SEMLINK) sweep $(call option,config,$(CONFIG)) $(call run,sweep) \
		$(call option,show-metrics,$(SHOW_METRICS)) --cache-gib $(call quoted,$(CACHE_GIB)) --workers $(call quoted,$(WORKERS)) \
		$(call option,cluster,$(CLUSTER)) $(call option,tls,$(TLS)) -- $(SETTINGS)

NAME        ?= monitor#       scenario: a name in experiments/scenarios, or a YAML file
EPISODE     ?=#               [0] number of the episode

takes.scenario = NAME RUN SEED EPISODE SET
scenario: $(VENV)/ready ## play a session of the closed loop; timeline and a page in runs/RUN
	@$(SEMLINK) scenario $(call quoted,$(NAME)) $(call run,scenario) \
		$(call option,seed,$(SEED)) $(call option,episode,$(EPISODE)) -- $(SET)

takes.fig4 = RUN SOURCE IMAGES QUICK PROTOCOL
fig4: $(VENV)/ready ## AKB-JSCC against all others, the case study's figure, in runs/fig4
	@$(SEMLINK) fig4 $(call option,run,$(RUN)) $(call option,source,$(SOURCE)) \
		$(call option,images,$(IMAGES)) $(call option,protocol,$(PROTOCOL)) $(if $(quick),--quick)

takes.list =
list: $(VENV)/ready ## print every component with its parameters
	@$(SEMLINK) list

FILE        ?=#               file of the component that make check checks
COMPONENT   ?=#               instead of FILE: name of a component, such as rayleigh
KIND        ?=#               kind of that component [inferred from its build]

takes.check = $(if $(strip $(COMPONENT)),COMPONENT,FILE!) KIND SOURCE QUICK
check: $(VENV)/ready ## check a component by the rules of its contract
	@$(SEMLINK) check $(call option,kind,$(KIND)) $(call option,source,$(SOURCE)) \
		$(if $(quick),--quick) -- $(call quoted,$(call first,$(COMPONENT),$(FILE)))

# Some shells export their machine's name as HOST: only the command line opens a port.
takes.scheduler = HOST PORT TLS
scheduler: $(VENV)/ready ## run a scheduler that workers and sweeps join; Ctrl-C ends it
	@$(SEMLINK) scheduler --port $(call quoted,$(PORT)) $(call option,tls,$(TLS)) \
		$(if $(filter HOST,$(given)),$(call option,host,$(HOST)))

takes.worker = CLUSTER! TLS
worker: $(VENV)/ready ## simulate points for the scheduler CLUSTER until it ends
	@$(SEMLINK) worker $(call quoted,$(CLUSTER)) $(call option,tls,$(TLS))

takes.cluster-keys = TLS
cluster-keys: $(VENV)/ready ## make the certificate TLS, which a cluster of several machines needs
	@$(SEMLINK) cluster-keys $(call quoted,$(call first,$(TLS),cluster.pem))

takes.clean-cache =
clean-cache: $(VENV)/ready ## delete runs/.sent, the cache of transmitted signals
	@$(SEMLINK) clean-cache

##@ Look

SHOW        ?=#               [0 1] images that make panel and make report show
PICTURES    ?= 12#            received pictures that make report shows
AGAINST     ?= jpeg2000_ldpc# transmitter to compare with; of figures and tables if given
METRIC      ?=#               [the first of the run] metric; of make figure [all], or some
WIDTH       ?=#               [as needed] of a figure: ieee, ieee2, a4 or points of 1/72 inch
STYLE       ?=#               [none] style file of matplotlib for a figure, on top of semlink's
LABELS      ?=#               texts for names: NAME=TEXT NAME="TWO WORDS" NAME='$TeX$'
ONLY        ?=#               [all] transmitters, in their order, and channels of a figure
BANDS       ?=#               [on] off: a figure without intervals
FORMAT      ?=#               [png pdf] of figures, also svg, pgf; [latex] of tables, also markdown, csv
PUBLISHED   ?=#               [none] curves of docs/published in figures, by name, or all
A           ?=#               instead of RUN: reference run of make compare
B           ?=#               run that make compare compares with A

takes.figure = RUN METRIC WIDTH STYLE LABELS ONLY BANDS FORMAT AGAINST PUBLISHED SNR_DB CBR
figure: $(VENV)/ready ## draw figures of RUN from its CSV, for a screen or a paper
	@$(SEMLINK) figure $(call run,sweep) $(call option,metric,$(METRIC)) \
		$(call option,width,$(WIDTH)) $(call option,style,$(STYLE)) \
		$(call option,labels,$(LABELS)) $(call option,only,$(ONLY)) \
		$(call option,bands,$(BANDS)) $(call option,format,$(FORMAT)) \
		$(if $(filter AGAINST,$(given)),$(call option,against,$(AGAINST))) \
		$(call option,published,$(PUBLISHED)) \
		$(call option,snr-db,$(SNR_DB)) $(call option,cbr,$(CBR))

takes.panel = RUN SHOW CBR
panel: $(VENV)/ready ## photos of RUN side by side, per transmitter and SNR
	@$(SEMLINK) panel $(call run,sweep) $(call option,images,$(SHOW)) \
		$(call option,cbr,$(CBR))

takes.report = RUN SHOW PICTURES CACHE_GIB
report: $(VENV)/ready ## one HTML file of RUN: curves, table, pictures, provenance
	@$(SEMLINK) report $(call run,sweep) --cache-gib $(call quoted,$(CACHE_GIB)) \
		--pictures $(call quoted,$(PICTURES)) $(call option,images,$(SHOW))

takes.compare = METRIC A B $(if $(strip $(A)$(B)),,RUN AGAINST)
compare: $(VENV)/ready ## print differences to AGAINST in RUN, or of run B to run A, by image
	@$(SEMLINK) compare $(call run,sweep) --against $(call quoted,$(AGAINST)) \
		$(call option,metric,$(METRIC)) \
		$(if $(strip $(A)$(B)),--a $(call quoted,$(A)) --b $(call quoted,$(B)))

TABLE = RUN FORMAT METRIC AGAINST ONLY LABELS SNR_DB CBR OUTPUT
tabled = $(call run,sweep) $(call option,format,$(FORMAT)) $(call option,metric,$(METRIC)) \
	$(if $(filter AGAINST,$(given)),$(call option,against,$(AGAINST))) \
	$(call option,only,$(ONLY)) $(call option,labels,$(LABELS)) \
	$(call option,snr-db,$(SNR_DB)) $(call option,cbr,$(CBR)) $(call option,output,$(OUTPUT))

takes.table = $(TABLE)
table: $(VENV)/ready ## means of RUN with intervals in LaTeX, best in bold; or differences to AGAINST
	@$(SEMLINK) table $(tabled)

takes.bd = $(TABLE)
bd: $(VENV)/ready ## BD-PSNR and BD-rate between all transmitters of RUN, or to AGAINST
	@$(SEMLINK) bd $(tabled)

##@ Train

MODEL       ?= ntscc#         networks to train: ntscc, akb_jscc or channel_kb
PROFILE     ?= base#          their size: tiny, small, small_wide, small_deep, base or large
DATA        ?=#               folder of photos, COCO's layout included; at least 8 to train, better 96
BACKEND     ?= tensorflow#    Keras backend: tensorflow, jax or torch
START       ?= baselines/nn/ntscc_base# initial weights that make device-pack packs
TRAIN       ?=#               more options, such as --joint-epochs 20; TRAIN=--help lists them
NOTE        ?=#               first text of the model card of promoted weights
CURVES      ?=#               runs of each curve: "ntscc=runs/a,runs/b akb_jscc=runs/c"

# Memory that a training step frees is kept for the next: faulting its pages in again
# takes up to a third of a step. glibc reads these.
KEEP_FREED  := MALLOC_ARENA_MAX=1 MALLOC_MMAP_THRESHOLD_=1073741824 \
               MALLOC_TRIM_THRESHOLD_=4294967296
NETWORKS = --model $(call quoted,$(MODEL)) --profile $(call quoted,$(PROFILE))
DATA! = $(if $(filter --help,$(TRAIN)),DATA,DATA!)

ifeq ($(strip $(MODEL)),channel_kb)
takes.train = RUN MODEL $(DATA!) TRAIN
train: $(VENV)/ready
	@$(PY) -m experiments.policies --run $(call quoted,runs/$(call first,$(RUN),train)) \
		--data $(call quoted,$(DATA)) $(TRAIN)
else
takes.train = RUN MODEL PROFILE $(DATA!) BACKEND TRAIN
train: $(VENV)/ready ## train MODEL on DATA, or go on; checkpoints and logs in runs/RUN
	@KERAS_BACKEND=$(call quoted,$(BACKEND)) $(KEEP_FREED) $(PY) -m experiments.training \
		--run $(call quoted,runs/$(call first,$(RUN),train)) $(NETWORKS) \
		--data $(call quoted,$(DATA)) $(TRAIN)
endif

takes.training-profile = MODEL PROFILE $(DATA!) BACKEND TRAIN
training-profile: $(VENV)/ready ## print the time of a step of make train; nothing is kept
	@KERAS_BACKEND=$(call quoted,$(BACKEND)) $(KEEP_FREED) TF_CPP_MIN_LOG_LEVEL=2 \
		$(PY) -m experiments.training.step_profile $(NETWORKS) \
		--data $(call quoted,$(DATA)) $(TRAIN)

takes.digital-table =
digital-table: $(VENV)/ready ## compute the table of the digital layer for make train
	@$(PY) -m experiments.fitting.digital_table

takes.training-curve = CURVES!
training-curve: $(VENV)/ready ## draw PSNR over hours of training, in docs/figures/training.png
	@$(SEMLINK) training-curve $(CURVES)

takes.promote = RUN! NOTE
promote: $(VENV)/ready ## ship the weights of RUN beside their owner, with a model card
	@$(SEMLINK) promote --run $(call quoted,$(RUN)) --note $(call quoted,$(NOTE))

takes.device-pack = $(DATA!) START TRAIN
device-pack: $(VENV)/ready ## prepare the tree for a lent accelerator
	@KERAS_BACKEND=jax $(PY) -m experiments.training.device.pack \
		--data $(call quoted,$(DATA)) --start $(call quoted,$(START)) $(TRAIN)

takes.device-unpack =
device-unpack: $(VENV)/ready ## restore the files that make device-pack moved
	@$(PY) -m experiments.training.device.pack --unpack

##@ Knowledge

KB          ?=#               file of a knowledge base [the shipped one]
SIZE        ?= 4096#          entries of the base that make kb builds
DESCRIBER   ?= detector#      describer of photos: detector, coco_captions, blip or llava_next
ENCODER     ?= minilm#        text encoder: minilm or clip
TEXT        ?=#               text that make kb-search searches for
CONTEXTS    ?= runs/contexts.npz# output of make kb-embed, for TRAIN='--contexts FILE'

takes.kb = KB! DATA! SIZE DESCRIBER ENCODER
kb: $(VENV)/ready ## build the knowledge base KB of the photos or captions in DATA
	@$(SEMLINK) kb build --source $(call quoted,$(DATA)) --output $(call quoted,$(KB)) \
		--size $(call quoted,$(SIZE)) --describer $(call quoted,$(DESCRIBER)) \
		--encoder $(call quoted,$(ENCODER))

takes.kb-embed = DATA! CONTEXTS KB DESCRIBER ENCODER
kb-embed: $(VENV)/ready ## look up the photos in DATA, for training; writes CONTEXTS
	@$(SEMLINK) kb embed --source $(call quoted,$(DATA)) --output $(call quoted,$(CONTEXTS)) \
		$(call option,base,$(KB)) --describer $(call quoted,$(DESCRIBER)) \
		--encoder $(call quoted,$(ENCODER))

takes.kb-show = KB
kb-show: $(VENV)/ready ## print the contents of a knowledge base
	@$(SEMLINK) kb show $(call option,base,$(KB))

takes.kb-search = TEXT! KB ENCODER
kb-search: $(VENV)/ready ## print the entries of a knowledge base nearest to TEXT
	@$(SEMLINK) kb search $(call quoted,$(TEXT)) --encoder $(call quoted,$(ENCODER)) \
		$(call option,base,$(KB))

takes.channel-kb = SOURCE IMAGES
channel-kb: $(VENV)/ready ## print the gain of the channel knowledge base on SOURCE, at equal CBR
	@$(SEMLINK) channel-kb $(call option,source,$(SOURCE)) $(call option,images,$(IMAGES))

takes.meaning = SOURCE! IMAGES
meaning: $(VENV)/ready ## print AKB-JSCC's rates inside and outside annotated objects of SOURCE
	@$(SEMLINK) meaning --source $(call quoted,$(SOURCE)) $(call option,images,$(IMAGES))

##@ Measure

takes.profile = CONFIG $(if $(strip $(SCENARIO)),$(LOOPS),SCENARIO $(GRID))
profile: $(VENV)/ready ## print where the time of a sweep goes, by stage; nothing is kept
	@$(SEMLINK) profile $(call option,config,$(CONFIG)) -- $(SETTINGS)

OUTPUT      ?=#               file of make table, make bd, make abstraction [shipped], make adaptation

takes.abstraction = SOURCE! RUN IMAGES OUTPUT QUICK
abstraction: $(VENV)/ready ## measure utilities of all transmitters, for agents of the loop
	@$(SEMLINK) abstraction --source $(call quoted,$(SOURCE)) $(call option,run,$(RUN)) \
		$(call option,images,$(IMAGES)) $(call option,output,$(OUTPUT)) $(if $(quick),--quick)

EPISODES    ?= 8#             episodes of each adapter in make adaptation

takes.adaptation = EPISODES OUTPUT
adaptation: $(VENV)/ready ## print how adapters follow steps of the SNR, and draw it
	@$(SEMLINK) adaptation --episodes $(call quoted,$(EPISODES)) $(call option,output,$(OUTPUT))

PRICE       ?=#               [0.01] price of 1000 channel uses, in utility, in make closed-loop

takes.closed-loop = SOURCE! RUN PRICE WORKERS
closed-loop: $(VENV)/ready ## compare the closed loop with open ones at equal channel uses (hours)
	@$(SEMLINK) closed-loop --source $(call quoted,$(SOURCE)) $(call option,run,$(RUN)) \
		$(call option,price,$(PRICE)) $(call option,workers,$(filter-out 0,$(WORKERS)))

takes.side-information = SOURCE IMAGES TRANSMITTER
side-information: $(VENV)/ready ## print bits of side information of a learned TRANSMITTER
	@$(SEMLINK) side-information $(call option,source,$(SOURCE)) \
		$(call option,images,$(IMAGES)) $(call option,transmitter,$(TRANSMITTER))

takes.papr = TRANSMITTER SOURCE IMAGES
papr: $(VENV)/ready ## print the peak power of each TRANSMITTER's signal as OFDM
	@$(SEMLINK) papr --transmitter $(call quoted,$(call first,$(TRANSMITTER),ntscc jpeg2000_ldpc)) \
		$(call option,source,$(SOURCE)) $(call option,images,$(IMAGES))

takes.interference = CHANNEL
interference: $(VENV)/ready ## print the OFDM interference of each CHANNEL: model and time-domain simulation
	@$(SEMLINK) interference $(call option,channel,$(CHANNEL))

takes.calibration = SOURCE! TRANSMITTER CHANNEL IMAGES
calibration: $(VENV)/ready ## draw the error that a receiver expects against the actual one, in docs/figures
	@$(SEMLINK) calibration --source $(call quoted,$(SOURCE)) \
		$(call option,transmitter,$(TRANSMITTER)) $(call option,channel,$(CHANNEL)) \
		$(call option,images,$(IMAGES))

takes.channel-gallery =
channel-gallery: $(VENV)/ready ## draw fading distributions of channels, in docs/figures/channels.png
	@$(SEMLINK) channel-gallery

takes.bench = WORKERS $(if $(filter-out 0,$(WORKERS)),SOURCE IMAGES)
bench: $(VENV)/ready ## time the digital chain and commands; with WORKERS=2, a sweep of SOURCE
	@$(SEMLINK) bench --workers $(call quoted,$(WORKERS)) \
		$(call option,source,$(SOURCE)) $(call option,images,$(IMAGES))

takes.memory = SOURCE! TRANSMITTER
memory: $(VENV)/ready ## draw the memory use of a sweep of SOURCE as it grows tenfold
	@$(SEMLINK) memory --source $(call quoted,$(SOURCE)) \
		--transmitter $(call quoted,$(call first,$(TRANSMITTER),ntscc jpeg2000_ldpc))

takes.mcs-table =
mcs-table: $(VENV)/ready ## measure blocks/phy/mcs.csv again (half an hour and more)
	@$(SEMLINK) mcs-table

##@ Develop

PYTHON      ?= python3.11#    interpreter that makes the environment: 3.11 (tested), 3.12 or 3.13
TASK_SOURCE ?=#               [SOURCE] COCO set that make reference judges tasks on

takes.help =
help: ## list targets and variables
	@echo "make TARGET [VARIABLE=value ...]    variables that a target ignores are refused"
	@awk -F':.*## |[?]= *|# +' '/^##@ / {printf "%s\n%s\n", vars, substr($$0, 5); vars = ""} \
		/^[a-z0-9-]+:.*## / {printf "  %-17s %s\n", $$1, $$2} \
		/^[A-Z_0-9]+ +[?]=/ {name = $$1; sub(/ +$$/, "", name); \
			vars = vars sprintf("    %-15s %s%s\n", name, $$2 ~ /./ ? "[" $$2 "] " : "", $$3)} \
		END {printf "%s", vars}' Makefile

# Each result in experiments/results is a line of make reference: name, folder there,
# command, its options, and what QUICK=1 adds to make it coarse. Who adds a result adds
# its line. A run has the name of the commit, so that an interrupted one resumes and that
# of other code does not; when it is whole, what is committed of it is replaced.
remake = @$(SEMLINK) $(3) --run '$(or $(quick:%=quick),reference)-$(1)-$(COMMIT)' $(4) \
	$(if $(quick),$(5),$(call keep,runs/reference-$(1)-$(COMMIT),experiments/results/$(2)))
keep = && rm -f $(2)/manifest*.json && cp $(1)/points.csv $(1)/manifest*.json \
	$(addprefix $(1)/,$(notdir $(wildcard $(2)/*.png $(2)/bounds.csv))) $(2)
COMMIT = $(shell git rev-parse --short HEAD)

takes.reference = QUICK $(if $(quick),SOURCE,SOURCE!) TASK_SOURCE
reference: $(VENV)/ready ## remake experiments/results, of SOURCE=coco:ROOT; QUICK=1: coarse, in runs/
	$(call remake,fig4,reference,fig4,--source $(call quoted,$(call first,$(SOURCE),photos)),--quick)
	$(call remake,fig4_paper,reference/fig4_paper,fig4 --protocol paper, \
		--source $(call quoted,$(call first,$(SOURCE),photos)),--quick)
	$(call remake,channels,reference/channels,sweep,--config channels, \
		snr_db=10 stop.images=1 stop.draws=1)
	$(call remake,tasks,reference/tasks,sweep,--config tasks \
		-- source=$(call quoted,$(call first,$(TASK_SOURCE),$(call first,$(SOURCE),photos))), \
		snr_db=8 stop.images=2 task=detection)

takes.architecture =
architecture: $(VENV)/ready ## draw modules and their imports, in docs/figures/architecture.svg
	@$(SEMLINK) architecture

takes.test =
test: $(VENV)/ready ## the default tests
	@$(KEEP_FREED) $(PY) -m pytest -q -n auto --dist loadfile

takes.test-slow =
test-slow: $(VENV)/ready ## all tests, slow ones included
	@$(KEEP_FREED) $(PY) -m pytest -q -n auto --dist loadfile -m "slow or not slow"

takes.lint =
lint: $(VENV)/ready ## check style and formatting
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check .

takes.format =
format: $(VENV)/ready ## format the code
	@$(VENV)/bin/ruff check --fix .
	@$(VENV)/bin/ruff format .

GPU         ?=#               [off] 1: make venv installs TensorFlow for CUDA in place of that for CPUs

PIP    := $(VENV)/bin/pip --disable-pip-version-check -q
LOCKED := $(PIP) install --no-deps --require-hashes
CUDA   := $(or $(filter-out 0 off,$(GPU)),$(wildcard $(VENV)/gpu))
# Interpreters that the lock has been resolved for; the tests run with the first.
PYTHONS := 3.11 3.12 3.13
VERSION := 'import sys; print("%d.%d" % sys.version_info[:2])'
BESIDE  := To have one beside yours: uv python install 3.11, or pyenv install 3.11, or \
	conda create -n py311 python=3.11; then make PYTHON=its_path

takes.licences =
licences: $(VENV)/ready ## write the licences of all packages, and of binaries inside, in docs
	@$(PY) -m experiments.licences

takes.venv = GPU
venv: $(VENV)/ready ## make the environment from requirements.lock
	@$(if $(filter PYTHON,$(given)),wanted=$$($(PYTHON) -c $(VERSION) 2>/dev/null); \
		has=$$($(PY) -c $(VERSION)); test "$$wanted" = "$$has" || { echo "error: $(VENV) has Python" \
		"$$has (make clean removes it) but got $${wanted:-none} ($(PYTHON))" >&2; exit 1; })
	@$(if $(filter-out 0 off,$(GPU)),test -e $(VENV)/gpu || { $(PIP) uninstall -y tensorflow-cpu && \
		$(LOCKED) -r requirements-gpu.lock && touch $(VENV)/gpu; })

$(VENV)/ready: requirements.lock requirements-boot.lock setup.cfg $(if $(CUDA),requirements-gpu.lock)
	@got=$$($(PYTHON) -c $(VERSION) 2>/dev/null); \
		case " $(PYTHONS) " in *" $${got:-none} "*) ;; *) echo "error: semlink needs Python" \
		"$(firstword $(PYTHONS)) to $(lastword $(PYTHONS)), got $${got:-none} ($(PYTHON)). $(BESIDE)" >&2; exit 1;; esac
	$(PYTHON) -m venv $(VENV)
	$(LOCKED) -r requirements-boot.lock
	$(if $(CUDA),awk '/^[^ ]/ {keep = !/^tensorflow-cpu==/} keep' requirements.lock > $(VENV)/cuda.lock)
	$(LOCKED) --no-build-isolation -r $(if $(CUDA),$(VENV)/cuda.lock -r requirements-gpu.lock,requirements.lock)
	$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@ $(if $(CUDA),$(VENV)/gpu)

# The same pins serve all PYTHONS: each is resolved, and must need none but these. That
# for CUDA holds what TensorFlow for GPUs needs beside them.
takes.lock =
lock: ## resolve requirements.in again, with hashes
	$(PYTHON) -m venv .venv-lock
	.venv-lock/bin/pip install -q $(UV)
	.venv-lock/bin/uv pip compile -q --upgrade --python-version 3.11 --generate-hashes \
		--custom-compile-command "make lock" --override requirements.overrides \
		requirements.in -o requirements.lock
	printf 'numpy\nsetuptools\nwheel\n' | .venv-lock/bin/uv pip compile -q \
		--python-version 3.11 --generate-hashes -c requirements.lock --no-annotate \
		--custom-compile-command "make lock" - -o requirements-boot.lock
	sed -n 's/^tensorflow-cpu\(==[^ ]*\).*/tensorflow[and-cuda]\1/p' requirements.lock | \
		.venv-lock/bin/uv pip compile -q --python-version 3.11 --generate-hashes \
		-c requirements.lock --no-annotate --custom-compile-command "make lock" - -o .venv-lock/gpu
	awk 'NR == FNR {if (/==/) have[$$1]; next} /^[^ ]/ {keep = /^#/ || !($$1 in have)} keep' \
		requirements.lock .venv-lock/gpu > requirements-gpu.lock
	sed -n 's/ \\$$//p' requirements.lock > .venv-lock/pins
	@for v in $(PYTHONS); do .venv-lock/bin/uv pip compile -q --python-version $$v --no-annotate \
		--no-header -c requirements.lock --override requirements.overrides requirements.in \
		-o .venv-lock/$$v && ! grep -vxFf .venv-lock/pins .venv-lock/$$v || \
		{ echo "error: Python $$v needs other packages than requirements.lock" >&2; exit 1; }; done
	rm -rf .venv-lock

takes.clean =
clean: ## remove the environment (never results)
	rm -rf $(VENV) .pytest_cache .ruff_cache

# What was given on the command line: it must be something that a target takes.
ANYWHERE := PYTHON UV VENV SHELL MAKEFLAGS
goals    := $(or $(MAKECMDGOALS),$(.DEFAULT_GOAL))
declared := $(foreach g,$(goals),$(if $(filter file,$(origin takes.$g)),$g))
taken    := $(foreach g,$(declared),$(takes.$g))
refused  := $(sort $(filter-out $(taken:!=) $(ANYWHERE),$(given)))
missing  := $(foreach v,$(patsubst %!,%,$(filter %!,$(taken))),$(if $(strip $($v)),,$v))
ifeq ($(declared),$(goals))
ifneq ($(refused),)
$(error make $(goals) takes $(or $(sort $(taken:!=)),no variable), got $(refused))
endif
ifneq ($(missing),)
$(error make $(goals) needs $(missing), got nothing)
endif
endif
ifneq ($(if $(strip $(RUN)),,$(filter RUN,$(given)))$(findstring /,$(RUN))$(filter .%,$(firstword $(RUN))),)
$(error RUN is a name without slashes or a leading dot, got '$(strip $(RUN))')
endif

.PHONY: $(patsubst takes.%,%,$(filter takes.%,$(.VARIABLES)))
