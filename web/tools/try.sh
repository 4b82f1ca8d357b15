#!/usr/bin/env bash
# Tries the pages against a real master: web/tools/try.sh [HOME_FOLDER]
#
# Starts a standalone gale (GALE_BIN, or build/dev/gale) on free ports with the examples, and Vite before it, which shows each
# change at once. Prints the address; the user is admin, the password stands in HOME_FOLDER/admin_password. Ctrl-C ends both.
set -euo pipefail
root=$(cd "$(dirname "$(readlink -f "$0")")/../.." && pwd)
home=${1:-$(mktemp -d /tmp/gale-web-XXXXXX)}
mkdir -p "$home"
[[ -e $home/gale.cfg ]] || printf "[core]\ndags_folder = %s\n" "${GALE_DAGS:-$root/examples/dags}" >"$home/gale.cfg"
free() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
api=$(free)
export GALE_PYTHON=${GALE_PYTHON:-$root/build/venv/bin/python} GALE_SDK=${GALE_SDK:-$root/sdk/python}
"${GALE_BIN:-$root/build/dev/gale}" standalone --home "$home" --port "$api" --grpc-port "$(free)" >"$home/gale.out" 2>&1 &
gale=$!
trap 'kill $gale 2>/dev/null; wait $gale 2>/dev/null' EXIT
cd "$root/web"
echo "master http://127.0.0.1:$api   home $home   password $home/admin_password"
GALE_MASTER=http://127.0.0.1:$api npx vite --host 127.0.0.1 --port "$(free)" --strictPort
