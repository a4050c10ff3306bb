// Names and patterns of files as cmd.exe has them.

/** `F:\a\..\b` is `F:\b`. */
export function withoutDots(path: string): string {
  const names: string[] = [];
  for (const name of path.split('\\').slice(1)) {
    if (name === '..') names.pop();
    else if (name !== '.' && name !== '') names.push(name);
  }
  return `${path.slice(0, 2)}\\${names.join('\\')}`;
}

/** The expression of a pattern with * and ?. */
export function wildcard(pattern: string): RegExp {
  const source =
    pattern === '*.*'
      ? '.*'
      : pattern
          .replace(/[.+^${}()|[\]\\]/g, '\\$&')
          .replaceAll('*', '.*')
          .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 'is');
}
