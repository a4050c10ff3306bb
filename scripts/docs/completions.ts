// Shell completions, made from the commander tree: commands, options, choices, and files for the rest.

import { commandTree, type DocOption, optionTail } from './command-tree.ts';

/** Options that take an argument which names a file or folder. */
const NAMES_A_PATH = /file|folder|hive/;

const words = (option: DocOption): string[] => [...(option.short ? [option.short] : []), option.long];

interface Shaped {
  readonly name: string;
  readonly summary: string;
  readonly options: readonly DocOption[];
}

function shaped(): readonly Shaped[] {
  const { commands, common } = commandTree();
  return commands.map(({ name, summary, options }) => ({ name, summary, options: [...options, ...common] }));
}

/** For /usr/share/bash-completion/completions/hivemend. */
export function bashCompletion(): string {
  const commands = shaped();
  const cases = commands.map(({ name, options }) => {
    const chosen = options.filter(({ choices }) => choices.length > 0);
    const choices = chosen.map(
      (option) =>
        `        ${words(option).join('|')}) COMPREPLY=($(compgen -W '${option.choices.join(' ')}' -- "$word")); return ;;`,
    );
    const all = [...options.flatMap(words), '-h', '--help'].join(' ');
    return `    ${name})
${choices.length === 0 ? '' : `      case $before in\n${choices.join('\n')}\n      esac\n`}      options='${all}' ;;`;
  });
  return `# bash completion of hivemend. Made from src/cli/program.ts; do not edit.
_hivemend() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]} options=''
  COMPREPLY=()
  if ((COMP_CWORD == 1)); then
    COMPREPLY=($(compgen -W '${commands.map(({ name }) => name).join(' ')} help --help --version' -- "$word"))
    return
  fi
  case \${COMP_WORDS[1]} in
${cases.join('\n')}
  esac
  if [[ $word == -* ]]; then
    COMPREPLY=($(compgen -W "$options" -- "$word"))
  else
    compopt -o filenames 2>/dev/null
    COMPREPLY=($(compgen -f -- "$word"))
  fi
}
complete -F _hivemend hivemend
`;
}

/** For a folder of zsh's fpath, as _hivemend. */
export function zshCompletion(): string {
  const commands = shaped();
  const listed = commands.map(({ name, summary }) => `    '${name}:${zsh(summary)}'`);
  const cases = commands.map(
    ({ name, options }) =>
      `    ${name})\n      _arguments ${options.map(zshOption).join(' \\\n        ')} \\\n        '*:file:_files' ;;`,
  );
  return `#compdef hivemend
# zsh completion of hivemend. Made from src/cli/program.ts; do not edit.
_hivemend() {
  local -a commands=(
${listed.join('\n')}
  )
  if ((CURRENT == 2)); then
    _describe command commands
    return
  fi
  local name=\${words[2]}
  shift words
  ((CURRENT--))
  case $name in
${cases.join('\n')}
  esac
}
_hivemend "$@"
`;
}

function zshOption(option: DocOption): string {
  const { about, argument, choices } = option;
  const value =
    argument === null
      ? ''
      : `:${zsh(argument)}:${choices.length > 0 ? `(${choices.join(' ')})` : NAMES_A_PATH.test(argument) ? '_files' : ' '}`;
  return words(option)
    .map((word) => `'*${word}[${zsh(about)}]${value}'`)
    .join(' \\\n        ');
}

/** Inside single quotes, and outside the brackets and colons that _arguments reads. */
function zsh(text: string): string {
  return text.replaceAll("'", "'\\''").replaceAll(/[[\]:]/g, '\\$&');
}

/** For ~/.config/fish/completions/hivemend.fish. */
export function fishCompletion(): string {
  const commands = shaped();
  const quoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
  const lines = commands.flatMap(({ name, summary, options }) => [
    `complete -c hivemend -n __fish_use_subcommand -f -a ${name} -d ${quoted(summary)}`,
    ...options.map((option) => {
      const short = option.short ? ` -s ${option.short.slice(1)}` : '';
      const value =
        option.argument === null
          ? ''
          : option.choices.length > 0
            ? ` -x -a ${quoted(option.choices.join(' '))}`
            : NAMES_A_PATH.test(option.argument)
              ? ' -r -F'
              : ' -x';
      return `complete -c hivemend -n '__fish_seen_subcommand_from ${name}'${short} -l ${option.long.slice(2)}${value} -d ${quoted(option.about)}`;
    }),
  ]);
  return `# fish completion of hivemend. Made from src/cli/program.ts; do not edit.\n${lines.join('\n')}\n`;
}

/** To be dot-sourced from a PowerShell profile. */
export function powershellCompletion(): string {
  const commands = shaped();
  const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;
  const rows = commands.map(({ name, summary, options }) => {
    const listed = options.map(
      (option) => `      ${quoted(option.long)} = ${quoted(option.about + optionTail(option))}`,
    );
    return `    ${quoted(name)} = @{ About = ${quoted(summary)}; Options = [ordered]@{\n${listed.join('\n')}\n    } }`;
  });
  return `# PowerShell completion of hivemend. Made from src/cli/program.ts; do not edit.
Register-ArgumentCompleter -Native -CommandName hivemend -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)
  $commands = [ordered]@{
${rows.join('\n')}
  }
  $typed = @($commandAst.CommandElements | Select-Object -Skip 1 | ForEach-Object { $_.ToString() })
  $name = $typed | Where-Object { $commands.Contains($_) } | Select-Object -First 1
  $found = if ($name -and $name -ne $wordToComplete) { $commands[$name].Options } else {
    $all = [ordered]@{}
    foreach ($key in $commands.Keys) { $all[$key] = $commands[$key].About }
    $all
  }
  $found.GetEnumerator() | Where-Object { $_.Key -like "$wordToComplete*" } | ForEach-Object {
    [System.Management.Automation.CompletionResult]::new($_.Key, $_.Key, 'ParameterName', $_.Value)
  }
}
`;
}
