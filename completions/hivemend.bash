# bash completion of hivemend. Made from src/cli/program.ts; do not edit.
_hivemend() {
  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} options=''
  COMPREPLY=()
  if ((COMP_CWORD == 1)); then
    COMPREPLY=($(compgen -W 'disks diagnose explain repair apply undo reg bcdedit run lint export import inspect diff recover rebuild page shell help --help --version' -- "$word"))
    return
  fi
  case ${COMP_WORDS[1]} in
    disks)
      options='--any-backing --json --report --html --force -h --help' ;;
    diagnose)
      case $before in
        --serial) COMPREPLY=($(compgen -W 'full ems' -- "$word")); return ;;
        --firmware) COMPREPLY=($(compgen -W 'bios uefi' -- "$word")); return ;;
      esac
      options='--any-backing --only --skip --profile --needed --as-published --tls --serial --port --disable-firewall --all-keys --all-loaders --fix-default --max-files --allow-fallback --target --drivers --firmware --control-sets --create --windows --expect --symptom -v --verbose -q --quiet --json --report --html --force -h --help' ;;
    explain)
      options='--json --report --html --force -h --help' ;;
    repair)
      case $before in
        --serial) COMPREPLY=($(compgen -W 'full ems' -- "$word")); return ;;
        --firmware) COMPREPLY=($(compgen -W 'bios uefi' -- "$word")); return ;;
      esac
      options='--only --skip --profile --needed --as-published --tls --serial --port --disable-firewall --all-keys --all-loaders --fix-default --max-files --allow-fallback --target --drivers --firmware --control-sets --create --windows --expect --dry-run -v --verbose -y --yes --accept-dirty --note --state-dir --state-dir-is-durable --any-backing --vm-is-off --replay-log --plan --bcd --json --report --html --force -h --help' ;;
    apply)
      options='--windows --bcd --dry-run -v --verbose -y --yes --accept-dirty --note --state-dir --state-dir-is-durable --any-backing --vm-is-off --replay-log --json --report --html --force -h --help' ;;
    undo)
      options='--list --values --partial --finish --forget --all --windows --dry-run -v --verbose -y --yes --accept-dirty --note --state-dir --state-dir-is-durable --any-backing --vm-is-off --replay-log --json --report --html --force -h --help' ;;
    reg)
      options='--windows --volume --dry-run --accept-dirty --note --state-dir --state-dir-is-durable --any-backing --vm-is-off --replay-log --hive --all-users --prefix --code-page --json --report --html --force -h --help' ;;
    bcdedit)
      options='--windows --volume --dry-run --accept-dirty --note --state-dir --state-dir-is-durable --any-backing --vm-is-off --replay-log --partition --json --report --html --force -h --help' ;;
    run)
      options='--drive --volume --windows --partition --section --block --live-blocks --verbatim --cmd-expansion --set --strict --skip-unresolved --all-users --allow-delete --allow-elsewhere --out --plan --bcd --dry-run -v --verbose -y --yes --accept-dirty --note --state-dir --state-dir-is-durable --any-backing --vm-is-off --replay-log --json --report --html --force -h --help' ;;
    lint)
      case $before in
        --format) COMPREPLY=($(compgen -W 'text json sarif' -- "$word")); return ;;
        --fail-on) COMPREPLY=($(compgen -W 'info warning error' -- "$word")); return ;;
      esac
      options='--format --fail-on --json --report --html --force -h --help' ;;
    export)
      case $before in
        --format) COMPREPLY=($(compgen -W 'xml jsonl reg timesketch bodyfile' -- "$word")); return ;;
      esac
      options='--format -o --output --lossless --prefix --raw --log --since --until --match --depth --deleted --jobs --volume --any-backing --json --report --html --force -h --help' ;;
    import)
      options='--new --minor --prefix --code-page --dry-run -v --verbose -y --yes --accept-dirty --note --state-dir --state-dir-is-durable --any-backing --vm-is-off --replay-log --json --report --html --force -h --help' ;;
    inspect)
      options='--validate --changes --log --volume --any-backing --json --report --html --force -h --help' ;;
    diff)
      case $before in
        --format) COMPREPLY=($(compgen -W 'text json reg' -- "$word")); return ;;
      esac
      options='--format --times --raw --prefix --volume --any-backing --json --report --html --force -h --help' ;;
    recover)
      options='-o --output --log --volume --any-backing --json --report --html --force -h --help' ;;
    rebuild)
      options='-o --output --in-place --volume --windows --from --orphans --deleted --remove-transactions --accept-loss --dry-run -v --verbose -y --yes --accept-dirty --note --state-dir --state-dir-is-durable --any-backing --vm-is-off --replay-log --json --report --html --force -h --help' ;;
    page)
      options='-o --output --json --report --html --force -h --help' ;;
    shell)
      options='-c --command --read-only --windows --bcd --dry-run -v --verbose -y --yes --accept-dirty --note --state-dir --state-dir-is-durable --any-backing --vm-is-off --replay-log --json --report --html --force -h --help' ;;
  esac
  if [[ $word == -* ]]; then
    COMPREPLY=($(compgen -W "$options" -- "$word"))
  else
    compopt -o filenames 2>/dev/null
    COMPREPLY=($(compgen -f -- "$word"))
  fi
}
complete -F _hivemend hivemend
