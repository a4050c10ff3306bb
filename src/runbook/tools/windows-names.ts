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

/** The folder that a path lies in. */
export function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('\\')) || '\\';
}

/** The host path of what a script names beside itself (`%~dp0fix.reg`, `.\\fix.reg`); null for any other name. */
export function pathBeside(scriptFolder: string | null, name: string): string | null {
  const relative = name.replace(/^(?:%~dp0\\?)?(?:\.\\)?/i, '');
  if (scriptFolder === null || /^[A-Za-z%][:%]|\.\./.test(relative) || relative === '') return null;
  return [scriptFolder, ...relative.split('\\')].join('/');
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
