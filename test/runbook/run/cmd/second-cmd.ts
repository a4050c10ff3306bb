// A second reading of a line for cmd.exe, written apart from src/: percent variables, carets and quotes, `!name!`, and the
// arguments that a program of Microsoft's C runtime sees. It knows one line, `&`, and nothing else.

export interface SecondOptions {
  readonly variables: ReadonlyMap<string, string>;
  readonly isDelayed: boolean;
}

/** The arguments of each command of the line, program names first. */
export function secondReading(line: string, { variables, isDelayed }: SecondOptions): string[][] {
  const percent = withPercent(line, variables);
  return commandsOf(percent)
    .map((command) => (isDelayed ? withDelayed(command, variables).trimStart() : command))
    .filter((command) => command.trim() !== '')
    .map(argumentsOf);
}

function withPercent(line: string, variables: ReadonlyMap<string, string>): string {
  let out = '';
  let rest = line;
  while (rest !== '') {
    const at = rest.indexOf('%');
    if (at < 0) return out + rest;
    out += rest.slice(0, at);
    rest = rest.slice(at + 1);
    if (rest.startsWith('%')) {
      out += '%';
      rest = rest.slice(1);
      continue;
    }
    const end = rest.indexOf('%');
    const colon = rest.indexOf(':');
    // The lines of the test have no parts, no arguments and no sign that stands alone.
    if (end < 0 || (colon >= 0 && colon < end)) throw new Error(`not a line of this test: ${line}`);
    out += variables.get(rest.slice(0, end).toUpperCase()) ?? '';
    rest = rest.slice(end + 1);
  }
  return out;
}

/** Commands apart at `&`, without the carets that stand outside of quotes. */
function commandsOf(text: string): string[] {
  const commands = [''];
  const add = (character: string): void => {
    commands[commands.length - 1] += character;
  };
  let isQuoted = false;
  for (let i = 0; i < text.length; i += 1) {
    const character = text.charAt(i);
    if (isQuoted) {
      if (character === '"') isQuoted = false;
      add(character);
    } else if (character === '^') {
      i += 1;
      add(text.charAt(i));
    } else if (character === '&') commands.push('');
    else {
      if (character === '"') isQuoted = true;
      add(character);
    }
  }
  return commands.map((command) => command.replace(/^[\s,;=@]+/, ''));
}

function withDelayed(text: string, variables: ReadonlyMap<string, string>): string {
  if (text.indexOf('!') === -1) return text;
  let out = '';
  let i = 0;
  while (i < text.length) {
    if (text.charAt(i) === '^') {
      out += text.charAt(i + 1);
      i += 2;
    } else if (text.charAt(i) === '!') {
      const end = text.indexOf('!', i + 1);
      if (end < 0 || end === i + 1) {
        i += 1;
      } else {
        out += variables.get(text.slice(i + 1, end).toUpperCase()) ?? '';
        i = end + 1;
      }
    } else {
      out += text.charAt(i);
      i += 1;
    }
  }
  return out;
}

/** As the C runtime counts backslashes before each quote. */
function argumentsOf(text: string): string[] {
  const found: string[] = [];
  let i = 0;
  const isBlank = (at: number): boolean => at < text.length && (text.charAt(at) === ' ' || text.charAt(at) === '\t');
  // The program's name: quotes hold blanks together, backslashes mean nothing.
  let name = '';
  let inName = false;
  while (i < text.length && (inName || !isBlank(i))) {
    if (text.charAt(i) === '"') inName = !inName;
    else name += text.charAt(i);
    i += 1;
  }
  found.push(name);
  for (;;) {
    while (isBlank(i)) i += 1;
    if (i >= text.length) return found;
    let argument = '';
    let inQuotes = false;
    for (;;) {
      let slashes = 0;
      while (text.charAt(i) === '\\') {
        slashes += 1;
        i += 1;
      }
      let isCopied = true;
      if (text.charAt(i) === '"') {
        if (slashes % 2 === 0) {
          if (inQuotes && text.charAt(i + 1) === '"') i += 1;
          else {
            isCopied = false;
            inQuotes = !inQuotes;
          }
        }
        slashes = Math.floor(slashes / 2);
      }
      argument += '\\'.repeat(slashes);
      if (i >= text.length || (!inQuotes && isBlank(i))) break;
      if (isCopied) argument += text.charAt(i);
      i += 1;
    }
    found.push(argument);
  }
}
