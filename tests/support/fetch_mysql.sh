#!/usr/bin/env bash
# Fetches Oracle's MySQL for tests into build/mysql/root (60 MB, 330 MB unpacked): Debian's unstable suite has it,
# and it runs from a folder on Debian 12, by any user. The machine's own apt state is left alone.
#   tests/support/fetch_mysql.sh [FOLDER]
# The MySQL cases of test_contract find it there, or where $GALE_TEST_MYSQL_ROOT says; without it they fail.
set -euo pipefail
readonly TO=${1:-$(dirname "$(readlink -f "$0")")/../../build/mysql}
# Where this machine gets its own packages from.
mirror=${GALE_DEBIAN_MIRROR:-$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' |
  grep -v security | head -n 1)}
[[ -n $mirror ]] || { echo "no mirror of Debian is configured: name one in GALE_DEBIAN_MIRROR" >&2; exit 1; }
readonly MIRROR=${mirror%/}

[[ -x $TO/root/usr/sbin/mysqld ]] && exit 0
mkdir -p "$TO/apt/lists/partial" "$TO/apt/cache/archives/partial"
cd "$TO"
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $MIRROR sid main" >apt/sources
apt=(apt-get -q -o "Dir::Etc::sourcelist=$PWD/apt/sources" -o Dir::Etc::sourceparts=- -o "Dir::State::lists=$PWD/apt/lists"
  -o "Dir::Cache=$PWD/apt/cache" -o Dir::State::status=/dev/null -o Debug::NoLocking=1 -o "APT::Sandbox::User=$(id -un)")
"${apt[@]}" update
"${apt[@]}" install -y --no-install-recommends --download-only mysql-server-core
rm -rf unpacking
mkdir unpacking
for package in apt/cache/archives/*.deb; do dpkg-deb -x "$package" unpacking; done
rm -rf root apt
mv unpacking root
