// Paths of the machine that hivemend runs on, by the rules of either kind of host.

/** Whose rules host paths follow. A parameter, so that both are tested on either. */
export type PathStyle = 'posix' | 'win32';

/** Joins a host folder and a name by the style's separator. */
export function joinHost(folder: string, name: string, style: PathStyle): string {
  const separator = style === 'win32' ? '\\' : '/';
  return folder.endsWith(separator) ? folder + name : folder + separator + name;
}

/** The last name of a host path. */
export function nameOfHost(path: string, style: PathStyle): string {
  const parts = path.split(style === 'win32' ? /[\\/]/ : '/').filter((part) => part !== '');
  return parts.at(-1) ?? '';
}

/** The folder that a host path lies in. */
export function folderOfHost(path: string, style: PathStyle): string {
  const at = style === 'win32' ? Math.max(path.lastIndexOf('\\'), path.lastIndexOf('/')) : path.lastIndexOf('/');
  if (at < 0) return style === 'win32' && /^[a-z]:/i.test(path) ? path.slice(0, 2) : '.';
  const folder = path.slice(0, at);
  return folder === '' || /^(?:\\\\[?.]\\)?[a-z]:$/i.test(folder) ? path.slice(0, at + 1) : folder;
}

/** The same of a path whose style is not known: either separator counts. */
export function parentFolder(path: string): string {
  const cut = Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\'));
  return cut < 0 ? '.' : cut === 0 ? path.slice(0, 1) : path.slice(0, cut);
}
