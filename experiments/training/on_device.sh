#!/usr/bin/env bash
# Trains on a lent machine with one accelerator, from a folder that make device-pack
# made ready. There, Python has JAX, h5py and Pillow; what is missing lies in the pack.
#
#   OUT=folder experiments/training/on_device.sh [--seconds 560] [other options]
#
# Everything that comes back is in $OUT: weights, moments, recipe, log.
set -euo pipefail
cd "$(dirname "$0")/../.."
pack=.device
python=${PYTHON:-python3}
if compgen -G "$pack/*.whl" > /dev/null; then
    site=$(mktemp -d)
    "$python" -m pip install -q --no-index --no-deps --no-compile --no-cache-dir \
        --target "$site" "$pack"/*.whl
    export PYTHONPATH=$site
fi
export KERAS_BACKEND=jax PYTHONUNBUFFERED=1
exec "$python" -m experiments.training.device --pack "$pack" --out "$OUT" "$@"
