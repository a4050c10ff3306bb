#!/usr/bin/env bash
# Builds dist/hivex.wasm (what is shipped) and dist/hivex-debug.wasm (what the tests also run) from hivex's release
# tarball and our C beside this file, and dist/build-record.json, which says from what and with what. Quick when nothing
# has changed since.
#
# The tarball is looked for in $HIVEX_TARBALL, in the cache, on upstream's site, and in the distribution's source
# package; its sha256 (UPSTREAM) decides. Nothing outside dist/ and the cache is written, except that emscripten is
# installed where it is missing, the system is Debian or Ubuntu, and we are root; HIVEMEND_NO_APT=1 keeps it from that.
set -euo pipefail
cd "$(dirname "$0")"

fail() { echo "build: $*" >&2; exit 1; }
upstream() { sed -n "s/^$1=//p" UPSTREAM; }

name=$(upstream name)
tarball_name=$(upstream tarball)
tarball_sha256=$(upstream sha256)
version=$(upstream version)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/hivemend
upstream_sources=(handle node value visit offset-list util)
# Those that read whole trees, compiled as one: calls between them would be a fourth of a walk.
reading_sources=(cells/image records/data reading/scan reading/walk)
# Each may include what stands before it: test/engine/includes.test.ts.
own_sources=(status cells/{sorted-set,image,free-cells,pages,space,edit,result} names/{text,value-index}
  records/{list,list-edit,data,data-edit,values,security,key,key-delete} reading/{scan,walk,record} hive create
  export/{bytes,state,claims,xml-text,xml,reg,json-text,jsonl,export})

mkdir -p dist
if command -v flock >/dev/null; then
  exec 9>dist/.lock
  flock 9
fi

# ---- Is there anything to do? ----
inputs=(UPSTREAM build.sh exports.txt ./*.[ch] ./*/*.[ch])
inputs_sha256=$(sha256sum "${inputs[@]}" | sha256sum | cut -d' ' -f1)
outputs=(dist/hivex.wasm dist/hivex-debug.wasm)
if [ -f dist/build-record.json ] && grep -q "\"inputsSha256\": \"$inputs_sha256\"" dist/build-record.json; then
  is_fresh=yes
  for output in "${outputs[@]}"; do
    if [ ! -f "$output" ] || ! grep -q "$(sha256sum "$output" | cut -d' ' -f1)" dist/build-record.json; then is_fresh=no; fi
  done
  if [ $is_fresh = yes ]; then exit 0; fi
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# ---- The compiler ----
find_compiler() {
  if command -v emcc >/dev/null; then return; fi
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null && [ -z "${HIVEMEND_NO_APT:-}" ]; then
    echo 'build: emscripten is missing and is installed now with apt-get, about 1 GiB with what it needs.' >&2
    echo 'build: to keep this from happening, stop here and set HIVEMEND_NO_APT=1.' >&2
    apt-get update -qq >/dev/null || true
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends emscripten >"$work/apt.log" 2>&1 \
      || { tail -5 "$work/apt.log" >&2; fail 'apt-get could not install emscripten'; }
    command -v emcc >/dev/null && return
  fi
  fail 'emcc was not found: install emscripten 3.1 or later (Debian, Ubuntu: sudo apt-get install emscripten; elsewhere: the emsdk), then run this again'
}

# ---- The tarball ----
is_right() { [ -f "$1" ] && [ "$(sha256sum "$1" | cut -d' ' -f1)" = "$tarball_sha256" ]; }

from_upstream() {
  if command -v curl >/dev/null; then
    curl -fsSL --connect-timeout 5 --max-time 60 -o "$work/upstream.tar.gz" "$(upstream url)" 2>/dev/null
  elif command -v wget >/dev/null; then
    wget -q --tries=1 --connect-timeout=5 --read-timeout=30 -O "$work/upstream.tar.gz" "$(upstream url)"
  else
    return 1
  fi && is_right "$work/upstream.tar.gz" && tarball=$work/upstream.tar.gz
}

# The source package of a suite that carries this version, through apt directories of our own: the mirror is the one that
# apt is configured with, and /etc/apt stays as it is. A mirror may lack other parts of the source package, so apt's exit
# status says nothing: the sha256 does.
from_distribution() {
  command -v apt-get >/dev/null || return 1
  local apt=$work/apt mirror suite trust=
  # Signatures are verified wherever the host has keys; without any, the sha256 of the tarball alone decides.
  local keys=$work/keys key
  mkdir -p "$keys"
  for key in /etc/apt/trusted.gpg.d/*.{asc,gpg} /usr/share/keyrings/*archive*.{asc,gpg}; do
    if [ -f "$key" ]; then cp "$key" "$keys/"; fi
  done
  if [ -z "$(ls "$keys")" ]; then trust='[trusted=yes] '; fi
  for mirror in $(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 2>/dev/null | grep -v security | sort -u); do
    for suite in trixie sid forky; do
      rm -rf "$apt"
      mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial" "$apt/sources.d"
      touch "$apt/status"
      echo "deb-src ${trust}$mirror $suite main" >"$apt/sources.list"
      local options=(-qq -o Dir::State="$apt" -o Dir::State::Lists="$apt/lists" -o Dir::State::status="$apt/status"
        -o Dir::Cache="$apt/cache" -o Dir::Etc::SourceList="$apt/sources.list" -o Dir::Etc::SourceParts="$apt/sources.d"
        -o Dir::Etc::Trusted=/etc/apt/trusted.gpg -o Dir::Etc::TrustedParts="$keys"
        -o Acquire::Retries=0 -o Acquire::http::Timeout=20 -o Acquire::https::Timeout=20 -o APT::Sandbox::User=root)
      apt-get "${options[@]}" update >/dev/null 2>&1 || true
      (cd "$apt" && apt-get "${options[@]}" source --download-only "$name" >/dev/null 2>&1) || true
      if is_right "$apt/${name}_$version.orig.tar.gz"; then
        tarball=$apt/${name}_$version.orig.tar.gz
        return
      fi
    done
  done
  return 1
}

find_tarball() {
  if [ -n "${HIVEX_TARBALL:-}" ]; then
    is_right "$HIVEX_TARBALL" || fail "HIVEX_TARBALL ($HIVEX_TARBALL) is not $tarball_name with sha256 $tarball_sha256"
    tarball=$HIVEX_TARBALL
    return
  fi
  if is_right "$cache/$tarball_name"; then
    tarball=$cache/$tarball_name
    return
  fi
  echo "build: fetching $tarball_name" >&2
  from_upstream || from_distribution \
    || fail "$tarball_name could not be fetched from upstream ($(upstream url)) nor through apt; download it elsewhere and set HIVEX_TARBALL to it"
  mkdir -p "$cache"
  cp "$tarball" "$cache/$tarball_name.$$"
  mv "$cache/$tarball_name.$$" "$cache/$tarball_name"
}

# ---- Compiling ----
# Defined by how the module is used, not to be overridden: no host glue (STANDALONE_WASM), memory that grows, and
# allocation that answers NULL instead of stopping.
link_flags=(--no-entry -s STANDALONE_WASM=1 -s ALLOW_MEMORY_GROWTH=1 -s ABORTING_MALLOC=0 -s FILESYSTEM=0)
release_flags=(-O2 -DNDEBUG)
debug_flags=(-O1 -DHX_DEBUG)
debug_link_flags=(-s ASSERTIONS=1 -s SAFE_HEAP=1)
own_warnings=(-Wall -Wextra -Werror)

# $1: output; $2: symbols beside exports.txt; $3...: flags
compile() {
  local output=$1 more=$2 source objects=() symbols debug_link=() together
  shift 2
  # Paths of the scratch folder would make each build another.
  set -- "$@" "-ffile-prefix-map=$source_dir=$name-$version"
  local include=(-I. -I"$source_dir/include" -I"$source_dir/lib" -I"$source_dir/gnulib/lib")
  local objects_dir=$work/$(basename "$output").objects
  mkdir -p "$objects_dir"
  for source in "${upstream_sources[@]}"; do
    emcc "$@" -w "${include[@]}" -c "$source_dir/lib/$source.c" -o "$objects_dir/hivex-$source.o"
    objects+=("$objects_dir/hivex-$source.o")
  done
  for source in "${own_sources[@]}" ${more:+debug}; do
    together=()
    if [ -z "$more" ] && [[ " ${reading_sources[*]} " == *" $source "* ]]; then together=(-flto); fi
    emcc "$@" "${together[@]}" "${own_warnings[@]}" "${include[@]}" -c "$source.c" -o "$objects_dir/${source//\//-}.o"
    objects+=("$objects_dir/${source//\//-}.o")
  done
  symbols=$( (grep -v '^#' exports.txt; tr ' ' '\n' <<<"$more") | sed -n 's/^\(..*\)$/"_\1"/p' | paste -sd,)
  if [ -n "$more" ]; then debug_link=("${debug_link_flags[@]}"); fi
  emcc "$@" "${link_flags[@]}" "${debug_link[@]}" -s "EXPORTED_FUNCTIONS=[$symbols]" "${objects[@]}" -o "$output"
}

find_compiler
tarball=
find_tarball
tar -xzf "$tarball" -C "$work"
source_dir=$work/$name-$version
export NODE_PATH=${NODE_PATH:-/usr/share/nodejs}
echo 'build: compiling hivex to WebAssembly' >&2
compile "$work/hivex.wasm" '' "${release_flags[@]}" &
release_job=$!
compile "$work/hivex-debug.wasm" 'hx_test_fail_after hx_test_heap_bytes hx_test_steps' "${debug_flags[@]}"
wait $release_job
for output in hivex.wasm hivex-debug.wasm; do chmod 644 "$work/$output"; mv "$work/$output" "dist/$output"; done

# ---- The record ----
compiler=$(emcc --version)
compiler=${compiler%%$'\n'*}
sha_of() { sha256sum "$1" | cut -d' ' -f1; }
{
  echo '{'
  echo "  \"upstream\": { \"name\": \"$name\", \"version\": \"$version\", \"tarballSha256\": \"$tarball_sha256\" },"
  echo "  \"compiler\": \"${compiler//[\"\\]/}\","
  echo "  \"linkFlags\": \"${link_flags[*]}\", \"releaseFlags\": \"${release_flags[*]} (${reading_sources[*]}: -flto)\", \"debugFlags\": \"${debug_flags[*]} ${debug_link_flags[*]}\","
  echo "  \"inputsSha256\": \"$inputs_sha256\","
  echo '  "inputs": {'
  for input in "${inputs[@]}"; do echo "    \"${input#./}\": \"$(sha_of "$input")\","; done | sed '$s/,$//'
  echo '  },'
  echo '  "outputs": {'
  for output in "${outputs[@]}"; do echo "    \"${output#dist/}\": \"$(sha_of "$output")\","; done | sed '$s/,$//'
  echo '  }'
  echo '}'
} >"$work/build-record.json"
mv "$work/build-record.json" dist/build-record.json
