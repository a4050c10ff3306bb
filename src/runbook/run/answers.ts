// What scripts ask the machine that runs them and what has one answer here: whether they may write, and the time.

import { filetimeToMs } from '../../base/time.ts';
import { kept, keptNames, replaceKept, unkept } from '../parse/marks.ts';
import { partOf } from './cmd/percent.ts';

/** What `tool` prints; null for what only a running Windows answers. `args` are without the tool. */
export function answerOf(tool: string, args: readonly string[], filetime: bigint): string | null {
  const now = new Date(filetimeToMs(filetime));
  const line = args.map((arg) => unkept(arg).toLowerCase()).join(' ');
  switch (tool) {
    case 'net':
      return /^(?:session|file)s?$/.test(line) ? '' : null;
    case 'openfiles':
    case 'fltmc':
    case 'at':
      return line === '' ? '' : null;
    case 'fsutil':
      return /^dirty query %\w+%$/.test(line) ? '' : null;
    case 'cacls':
    case 'icacls':
      return /^%(?:systemroot|windir)%[^ ]*$/.test(line) ? '' : null;
    case 'whoami':
      return /^\/(?:groups|all|priv)\b/.test(line) ? ADMINISTRATOR : null;
    case 'date':
      return line === '/t' ? `${dateText(now)} \r\n` : null;
    case 'time':
      return line === '/t' ? `${two(now.getHours() % 12 || 12)}:${two(now.getMinutes())} ${half(now)}\r\n` : null;
    case 'wmic':
      return /^(?:path )?(?:win32_operatingsystem|os) get localdatetime\b/.test(line)
        ? wmicTime(now, /\/(?:value|format:list)/.test(line))
        : null;
    default:
      return null;
  }
}

const ADMINISTRATOR = [
  'BUILTIN\\Administrators  Alias  S-1-5-32-544  Mandatory group, Enabled by default, Enabled group, Group owner',
  'Mandatory Label\\High Mandatory Level  Label  S-1-16-12288',
]
  .map((line) => `${line}\r\n`)
  .join('');

const two = (number: number): string => String(number).padStart(2, '0');
const half = (now: Date): string => (now.getHours() < 12 ? 'AM' : 'PM');

/** %DATE% as Windows has it in the United States. */
function dateText(now: Date): string {
  const day = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'][now.getDay()];
  return `${day} ${two(now.getMonth() + 1)}/${two(now.getDate())}/${now.getFullYear()}`;
}

/** %TIME% */
function timeText(now: Date): string {
  return `${String(now.getHours()).padStart(2)}:${two(now.getMinutes())}:${two(now.getSeconds())}.00`;
}

/** A path with %DATE% and %TIME% in it put in, whole or in part, so that it can be a name. */
export function withDates(path: string, now: bigint): string {
  if (keptNames(path).length === 0) return path;
  const at = new Date(filetimeToMs(now));
  return replaceKept(path, (name, all) => {
    const value = { DATE: dateText(at), TIME: timeText(at) }[name.toUpperCase()];
    const part = /^%[^%:]+:([^%]*)%$/.exec(all)?.[1];
    if (value === undefined) return kept(all);
    return (part === undefined ? value : partOf(value, part)).replace(/[/:]/g, '-');
  });
}

function wmicTime(now: Date, isList: boolean): string {
  const parts = [now.getMonth() + 1, now.getDate(), now.getHours(), now.getMinutes(), now.getSeconds()];
  const value = `${now.getFullYear()}${parts.map(two).join('')}.000000+000`;
  return isList ? `\r\n\r\nLocalDateTime=${value}\r\n\r\n` : `LocalDateTime              \r\n${value}  \r\n`;
}
