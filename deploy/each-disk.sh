#!/bin/sh
# Runs one hivemend command on many disks and keeps a report of each.
#
#   each-disk.sh <disks> <folder for reports> diagnose [options]
#   each-disk.sh <disks> <folder for reports> repair --yes [options]
#
# <disks> is one of two:
#   a folder   each folder in it is a disk (one mounted volume), and so is each image: .raw .img .vhd .vhdx .qcow2 .vmdk .vdi
#   a file     each line is a disk: a name and its volumes, separated by tabs; lines that begin with # are skipped
#
# For each disk, <reports>/<name>.json is its report and <reports>/<name>.status the exit status. With JOB_COMPLETION_INDEX
# (a Kubernetes Job with completionMode Indexed) only the disk of that number, from 0 in the order of names or lines, is
# done. Ends with 0 when every disk has an answer (status 0, or 1: a cause is left or a check could not run), else with 1.
set -u
LC_ALL=C
export LC_ALL

if [ $# -lt 3 ]; then
  echo 'usage: each-disk.sh <folder or list of disks> <folder for reports> <command> [options]' >&2
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

# one <name> <volume or option>...
one() {
  name=$1
  shift
  mine=$number
  number=$((number + 1))
  if [ -n "${JOB_COMPLETION_INDEX:-}" ] && [ "$JOB_COMPLETION_INDEX" != "$mine" ]; then return; fi
  # Under another name until it is whole, so that nobody collects half a report.
  "$hivemend" "$command" "$@" --json >"$reports/.$name.part" </dev/null
  status=$?
  mv "$reports/.$name.part" "$reports/$name.json"
  echo "$status" >"$reports/$name.status"
  echo "$name $status"
  if [ "$status" -gt 1 ]; then failed=1; fi
}

if [ -d "$disks" ]; then
  for disk in "$disks"/*; do
    case $disk in
      *.hivemend) continue ;; # the journals of the image beside it
      *.raw | *.img | *.vhd | *.vhdx | *.qcow2 | *.vmdk | *.vdi) [ -e "$disk" ] || continue ;;
      *) [ -d "$disk" ] || continue ;;
    esac
    one "$(basename "$disk")" "$disk" "$@"
  done
else
  tab=$(printf '\t')
  while IFS= read -r line <&3 || [ -n "$line" ]; do
    case $line in '' | '#'*) continue ;; esac
    name=${line%%"$tab"*}
    volumes=${line#*"$tab"}
    case $name in
      '' | */* | .* | "$volumes")
        echo "each-disk: a line of $disks is not a name and volumes, separated by tabs" >&2
        exit 2
        ;;
    esac
    IFS=$tab
    set -f
    # The volumes are split at the tabs alone.
    # shellcheck disable=SC2086
    one "$name" $volumes "$@"
    set +f
    unset IFS
  done 3<"$disks" || exit 2
fi
if [ -n "${JOB_COMPLETION_INDEX:-}" ] && [ "$JOB_COMPLETION_INDEX" -ge "$number" ]; then
  echo "each-disk: there is no disk number $JOB_COMPLETION_INDEX in $disks, which has $number" >&2
  exit 1
fi
exit "$failed"
