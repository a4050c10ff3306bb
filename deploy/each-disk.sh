#!/bin/sh
# Runs one hivemend command on every disk below a folder and keeps a report of each.
#
#   each-disk.sh <folder of disks> <folder for reports> diagnose [options]
#   each-disk.sh <folder of disks> <folder for reports> repair --yes [options]
#
# Every folder in <folder of disks> is one machine's disk, mounted. For each, <reports>/<name>.json is its report and
# <reports>/<name>.status the exit status. With JOB_COMPLETION_INDEX (a Kubernetes Job with completionMode Indexed) only
# the disk of that number, from 0 in the order of names, is done. Ends with 0 when every disk has an answer (status 0 or
# 1), else with 1.
set -u
LC_ALL=C
export LC_ALL

if [ $# -lt 3 ]; then
  echo 'usage: each-disk.sh <folder of disks> <folder for reports> <command> [options]' >&2
  exit 2
fi
disks=$1
reports=$2
command=$3
shift 3
hivemend=${HIVEMEND:-hivemend}
mkdir -p "$reports" || exit 1

number=0
failed=0
for disk in "$disks"/*/; do
  [ -d "$disk" ] || continue
  mine=$number
  number=$((number + 1))
  if [ -n "${JOB_COMPLETION_INDEX:-}" ] && [ "$JOB_COMPLETION_INDEX" != "$mine" ]; then continue; fi
  name=$(basename "$disk")
  # Under another name until it is whole, so that nobody collects half a report.
  "$hivemend" "$command" "${disk%/}" --json "$@" >"$reports/.$name.part" </dev/null
  status=$?
  mv "$reports/.$name.part" "$reports/$name.json"
  echo "$status" >"$reports/$name.status"
  echo "$name $status"
  if [ "$status" -gt 1 ]; then failed=1; fi
done
if [ -n "${JOB_COMPLETION_INDEX:-}" ] && [ "$JOB_COMPLETION_INDEX" -ge "$number" ]; then
  echo "each-disk: there is no disk number $JOB_COMPLETION_INDEX in $disks, which has $number" >&2
  exit 1
fi
exit "$failed"
