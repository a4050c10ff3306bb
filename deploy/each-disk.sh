#!/bin/sh
# Runs one hivemend command on many disks, keeps a report of each, and prints one table.
#
#   each-disk.sh [options] <disks> <folder for reports> diagnose [options of hivemend]
#   each-disk.sh [options] <disks> <folder for reports> repair --yes [options of hivemend]
#   each-disk.sh [options] <disks> <folder for reports> apply 'planned/{}.plan' --yes
#   each-disk.sh --of <reports of repair> <disks> <folder for reports> undo --yes
#
# <disks> is one of two:
#   a folder   each folder in it is a disk (one mounted volume), and so is each image: .raw .img .vhd .vhdx .qcow2 .vmdk .vdi
#   a file     each line is a disk: a name and its volumes, separated by tabs; lines that begin with # are skipped
#
# Options, before <disks>:
#   --jobs N         work on N disks at once (1)
#   --first N        only the first N disks, in the order of names or lines
#   --stop-after N   begin no further disk once N have failed (status 2 or more)
#   --resume         skip disks whose answer (status 0 or 1) lies in <reports> already
#   --of <reports>   for undo: only disks that the run with those reports committed, and exactly that commit
#
# {} in an option of hivemend stands for the disk's name. For each disk, <reports>/<name>.json is its report and
# <reports>/<name>.status the exit status. With JOB_COMPLETION_INDEX (a Kubernetes Job with completionMode Indexed) only the
# disk of that number, from 0, is done. Ends with 0 when every disk has an answer (status 0, or 1: a cause is left or a check
# could not run), else with 1.
set -u
LC_ALL=C
export LC_ALL

usage() {
  echo "each-disk: $1" >&2
  echo 'usage: each-disk.sh [--jobs N] [--first N] [--stop-after N] [--resume] [--of <reports>]' >&2
  echo '                    <folder or list of disks> <folder for reports> <command> [options of hivemend]' >&2
  exit 2
}

# whole <option> <its value>
whole() {
  case $2 in '' | *[!0-9]* | 0*) usage "$1 takes a whole number from 1, not \"$2\"" ;; esac
}

jobs=1
first=
stop_after=
resume=
of=
while [ $# -gt 1 ]; do
  case $1 in
    --jobs) whole "$1" "$2" && jobs=$2 && shift 2 ;;
    --first) whole "$1" "$2" && first=$2 && shift 2 ;;
    --stop-after) whole "$1" "$2" && stop_after=$2 && shift 2 ;;
    --of) of=$2 && shift 2 ;;
    --resume) resume=yes && shift ;;
    -*) usage "unknown option $1" ;;
    *) break ;;
  esac
done
if [ $# -lt 3 ]; then usage 'disks, a folder for reports and a command are needed'; fi
disks=$1
reports=$2
command=$3
shift 3
plan=
if [ "$command" = apply ]; then
  if [ $# -eq 0 ]; then usage 'apply needs a plan'; fi
  plan=$1
  shift
fi
if [ -n "$of" ]; then
  if [ "$command" != undo ]; then usage '--of belongs to undo'; fi
  if [ ! -d "$of" ]; then usage "$of is not a folder of reports"; fi
fi
if [ ! -e "$disks" ]; then usage "$disks does not exist"; fi
hivemend=${HIVEMEND:-hivemend}
tab=$(printf '\t')
mkdir -p "$reports" || exit 1
# The workers claim disks by making folders here: of several that try, one succeeds. Nothing else need be writable.
work=$(mktemp -d "$reports/.work.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# Calls `$1 <name> <volume>...` for each disk, in order. Sets `number`, from 0, before each call.
each_of() {
  action=$1
  number=0
  if [ -d "$disks" ]; then
    for disk in "$disks"/*; do
      case $disk in
        *.hivemend) continue ;; # the journals of the image beside it
        *.raw | *.img | *.vhd | *.vhdx | *.qcow2 | *.vmdk | *.vdi) [ -e "$disk" ] || continue ;;
        *) [ -d "$disk" ] || continue ;;
      esac
      if [ -n "$first" ] && [ "$number" -ge "$first" ]; then break; fi
      "$action" "$(basename "$disk")" "$disk"
      number=$((number + 1))
    done
    return
  fi
  while IFS= read -r line <&3 || [ -n "$line" ]; do
    case $line in '' | '#'*) continue ;; esac
    if [ -n "$first" ] && [ "$number" -ge "$first" ]; then break; fi
    IFS=$tab
    set -f
    # The line is split at the tabs alone.
    # shellcheck disable=SC2086
    "$action" $line
    set +f
    unset IFS
    number=$((number + 1))
  done 3<"$disks"
}

# Every line of a list is looked at before the first disk is touched.
check() {
  case ${1:-} in
    '' | */* | .*) touch "$work/wrong" ;;
    *)
      if [ $# -lt 2 ] || [ -e "$work/name.$1" ]; then touch "$work/wrong"; fi
      touch "$work/name.$1"
      ;;
  esac
}

# answered <status>: a report that says something of the disk
answered() { [ "$1" = 0 ] || [ "$1" = 1 ]; }

# of_report <file> <name of a field>: the words of a field two levels deep in a report, as JSON escapes them
of_report() { sed -n "s/^    \"$2\": \"\(.*\)\",\{0,1\}\$/\1/p" "$1" | head -n 1; }

failures() { find "$work" -name 'failed.*' | wc -l; }

# What one worker does of one disk: nothing where another has claimed it, or it has its answer.
one() {
  unset IFS
  set +f
  if [ -n "${JOB_COMPLETION_INDEX:-}" ] && [ "$JOB_COMPLETION_INDEX" != "$number" ]; then return; fi
  if [ -n "$stop_after" ] && [ "$(failures)" -ge "$stop_after" ]; then return; fi
  mkdir "$work/claim.$number" 2>/dev/null || return 0
  if [ -n "$resume" ] && [ -e "$reports/$1.status" ] && answered "$(cat "$reports/$1.status")"; then
    touch "$work/before.$number"
    return
  fi
  name=$1
  shift
  undo=
  if [ -n "$of" ]; then
    if [ ! -e "$of/$name.json" ]; then return; fi
    undo=$(sed -n '/^  "undo": {/,/^  }/p' "$of/$name.json" | sed -n 's/^    "id": "\([0-9A-Za-z-]*\)",$/\1/p')
    if [ -z "$undo" ]; then return; fi
  fi
  # Under another name until it is whole, so that nobody collects half a report.
  call "$name" "$@" >"$reports/.$name.part" </dev/null
  status=$?
  mv "$reports/.$name.part" "$reports/$name.json"
  echo "$status" >"$reports/$name.status"
  touch "$work/done.$number"
  if ! answered "$status"; then touch "$work/failed.$number"; fi
  echo "$name $status" >&2
}

# call <name> <volume>...: hivemend with the volumes of that disk, and the options with its name in the place of {}
call() {
  name=$1
  shift
  if [ -n "$undo" ]; then set -- "$@" "$undo"; fi
  if [ -n "$plan" ]; then set -- "$(named "$plan")" "$@"; fi
  count=$words
  while [ "$count" -gt 0 ]; do
    set -- "$@" "$(named "$(cat "$work/word.$((words - count))")")"
    count=$((count - 1))
  done
  "$hivemend" "$command" "$@" --json
}

# named <text>: {} becomes the name of the disk
named() {
  rest=$1
  text=
  while :; do
    case $rest in
      *'{}'*) text=$text${rest%%'{}'*}$name rest=${rest#*'{}'} ;;
      *) break ;;
    esac
  done
  printf '%s' "$text$rest"
}

# A line of the table, from what lies in the folder of reports.
row() {
  unset IFS
  set +f
  if [ -n "${JOB_COMPLETION_INDEX:-}" ] && [ "$JOB_COMPLETION_INDEX" != "$number" ]; then return; fi
  status=-
  state='not started'
  computer=
  if [ -e "$work/done.$number" ] || [ -e "$work/before.$number" ]; then
    status=$(cat "$reports/$1.status")
    state=$(of_report "$reports/$1.json" state)
    if [ -z "$state" ]; then state=$(of_report "$reports/$1.json" code); fi
    if [ -z "$state" ] && [ "$command" = undo ] && [ "$status" = 0 ]; then state=undone; fi
    computer=$(of_report "$reports/$1.json" computerName)
    if [ "$command" != diagnose ] && grep -q '^  "dryRun": true,$' "$reports/$1.json"; then state="$state (dry run)"; fi
    if [ -e "$work/before.$number" ]; then state="$state (before)"; fi
  elif [ -e "$work/claim.$number" ]; then
    state='nothing to undo'
  else
    touch "$work/left"
  fi
  if ! answered "$status" && [ "$status" != - ]; then touch "$work/bad"; fi
  echo "${state:-no report}" >>"$work/states"
  printf '%-24s %6s  %-20s %s\n' "$1" "$status" "${state:-no report}" "$computer"
}

words=0
for word in "$@"; do
  printf '%s' "$word" >"$work/word.$words"
  words=$((words + 1))
done
each_of check
if [ -e "$work/wrong" ]; then
  echo "each-disk: a line of $disks is not a name and volumes, separated by tabs, or has a name that was there before" >&2
  exit 2
fi
if [ "$number" -eq 0 ]; then usage "no disk in $disks"; fi
if [ -n "${JOB_COMPLETION_INDEX:-}" ] && [ "$JOB_COMPLETION_INDEX" -ge "$number" ]; then
  echo "each-disk: there is no disk number $JOB_COMPLETION_INDEX in $disks, which has $number" >&2
  exit 1
fi
worker=0
while [ "$worker" -lt "$jobs" ]; do
  each_of one &
  worker=$((worker + 1))
done
wait
printf '%-24s %6s  %-20s %s\n' DISK STATUS STATE COMPUTER
each_of row
sort "$work/states" | uniq -c | sed 's/^ *//' | paste -s -d ',' - | sed 's/,/, /g'
if [ -e "$work/left" ]; then
  echo "Stopped: $(failures | tr -d ' ') failed. Add --resume to go on with the rest."
fi
if [ -e "$work/bad" ] || [ -e "$work/left" ]; then exit 1; fi
exit 0
