#!/usr/bin/env bash
# Runs hivemend on the repair machines of Azure machines whose RDP is broken, and collects what they answer.
#
#   az-repair.sh <resource group> <folder for reports> <diagnose|repair> <machine>...
#
# Each machine must have a repair machine already (az vm repair create), with a copy of its OS disk attached. Needs in the
# environment, besides a signed-in az with the extension vm-repair:
#
#   HIVEMEND_URL      where the repair machine can fetch hivemend-win-x64.exe
#   HIVEMEND_SHA256   its SHA-256, from SHA256SUMS of the release: another file is not started
#   HIVEMEND_UPLOAD   optional: a container's URL with a SAS that may create; the whole reports are put there
#   HIVEMEND_NOTE     optional: a ticket, kept in the reports
#
# <folder>/<machine>.json is what az says, <folder>/<machine>.summary.json the line of hivemend in it: az returns only the
# last 4 KB of what a script prints. Ends with 0 when each machine has an answer (status 0, or 1: a cause is left or a check
# could not run), else with 1.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

if [ $# -lt 4 ]; then
  sed -n '2,18s/^# \{0,1\}//p' "$0" >&2
  exit 2
fi
group=$1 reports=$2 command=$3
shift 3
case $command in diagnose | repair) ;; *) echo "az-repair: $command is neither diagnose nor repair" >&2; exit 2 ;; esac
: "${HIVEMEND_URL:?is not set}" "${HIVEMEND_SHA256:?is not set}"
mkdir -p "$reports"

failed=0
for machine in "$@"; do
  parameters=("Command=$command" "Url=$HIVEMEND_URL" "Sha256=$HIVEMEND_SHA256" "Machine=$machine")
  if [ -n "${HIVEMEND_UPLOAD:-}" ]; then parameters+=("Upload=$HIVEMEND_UPLOAD"); fi
  if [ -n "${HIVEMEND_NOTE:-}" ]; then parameters+=("Note=$HIVEMEND_NOTE"); fi
  if ! az vm repair run --resource-group "$group" --name "$machine" --run-on-repair \
    --custom-script-file "$here/az-repair.ps1" --parameters "${parameters[@]}" --output json >"$reports/$machine.json"; then
    echo "$machine: az failed"
    failed=1
    continue
  fi
  # The one line that hivemend's script prints, inside JSON text inside az's JSON: undone by one level of quoting.
  summary=$(grep -o 'HIVEMEND {[^}]*}' "$reports/$machine.json" | head -n 1 | sed 's/^HIVEMEND //; s/\\"/"/g') || summary=
  if [ -z "$summary" ]; then
    echo "$machine: no answer of hivemend in $reports/$machine.json"
    failed=1
    continue
  fi
  printf '%s\n' "$summary" >"$reports/$machine.summary.json"
  printf '%s: %s\n' "$machine" "$summary"
  case $summary in *'"exitCode":0,'* | *'"exitCode":1,'*) ;; *) failed=1 ;; esac
done
exit $failed
