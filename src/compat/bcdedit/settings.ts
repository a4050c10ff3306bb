// /emssettings and /dbgsettings: the settings that every entry inherits.

import { append } from '../../base/lists.ts';
import { elementData } from '../../bcd/data.ts';
import { createObject, deleteElement, emptyObject, listEdits, setElement } from '../../bcd/edits.ts';
import { ELEMENT } from '../../bcd/elements/element-numbers.ts';
import { elementInfo } from '../../bcd/elements/elements.ts';
import { DEBUG_SETTINGS, EMS_SETTINGS, GLOBAL_SETTINGS, OBJECT_TYPE } from '../../bcd/objects.ts';
import type { BcdObject, BcdStore } from '../../bcd/store.ts';
import { parseElement } from '../../bcd/text.ts';
import type { HiveEdit } from '../../registry/edit.ts';
import { enumText } from './enum.ts';
import { switchName } from './grammar.ts';
import type { BcdAnswer, BcdJob } from './job.ts';
import { answer, failure } from './job.ts';
import { TEXT } from './text.ts';

const BAUD_RATES = [9600, 19_200, 38_400, 57_600, 115_200];

/** The settings object; where it is missing, the edits that create it and let {globalsettings} inherit it. */
export function settingsObject(store: BcdStore, id: string): { object: BcdObject; created: HiveEdit[] } {
  const present = store.object(id);
  if (present) return { object: present, created: [] };
  const globals = store.object(GLOBAL_SETTINGS);
  const created = createObject(store, id, OBJECT_TYPE.inheritAny);
  if (globals) append(created, listEdits(store, globals, ELEMENT.inherit, 'last', [id]));
  return { object: emptyObject(id, OBJECT_TYPE.inheritAny), created };
}

/** name:value words by lower-case name; null where a word has no colon or a name comes twice. */
function pairs(words: readonly string[]): Map<string, string> | null {
  const found = new Map<string, string>();
  for (const word of words) {
    const colon = word.indexOf(':');
    const name = word.slice(0, colon).toLowerCase();
    if (colon < 1 || found.has(name)) return null;
    found.set(name, word.slice(colon + 1));
  }
  return found;
}

/** /emssettings BIOS, or EMSPORT:<port> [EMSBAUDRATE:<rate>]. */
export function emsSettingsCommand(job: BcdJob): BcdAnswer {
  const invalid = failure(TEXT.invalid('emssettings'));
  if (job.words.length === 1 && /^bios$/i.test(job.words[0]!)) return emsFromFirmware(job.store);
  const given = pairs(job.words);
  const port = given?.get('emsport');
  const rate = given?.get('emsbaudrate');
  if (!given || port === undefined || given.size > (rate === undefined ? 1 : 2)) return invalid;
  if (!/^\d{1,3}$/.test(port)) return failure(TEXT.badValue('integer'));
  if (rate !== undefined && !BAUD_RATES.includes(Number(rate))) {
    return failure(TEXT.badValue('integer'), `a baud rate is one of ${BAUD_RATES.join(', ')}`);
  }
  const { object, created } = settingsObject(job.store, EMS_SETTINGS);
  const edits = [...created, ...setElement(job.store, object, ELEMENT.emsPort, elementData.integer(Number(port)))];
  if (rate !== undefined)
    append(edits, setElement(job.store, object, ELEMENT.emsBaudRate, elementData.integer(Number(rate))));
  return answer(edits);
}

function emsFromFirmware(store: BcdStore): BcdAnswer {
  const object = store.object(EMS_SETTINGS);
  if (!object) return failure(TEXT.noEntry);
  const edits = [ELEMENT.emsPort, ELEMENT.emsBaudRate].flatMap((id) => deleteElement(store, object, id));
  return answer(edits, TEXT.done, [
    'note: what bcdedit itself writes for BIOS rests on no source; port and baud rate are deleted here, so that the firmware names them',
  ]);
}

/** The words that a debug transport takes, with the elements they set. */
const DEBUG_WORDS: Readonly<Record<string, number>> = {
  debugport: ELEMENT.debugPort,
  baudrate: ELEMENT.baudRate,
  channel: ELEMENT.channel,
  targetname: ELEMENT.targetName,
  hostip: ELEMENT.hostIp,
  port: ELEMENT.netPort,
  key: ELEMENT.key,
  busparams: ELEMENT.busParams,
};

const TRANSPORT_WORDS: Readonly<Record<string, readonly string[]>> = {
  serial: ['debugport', 'baudrate'],
  '1394': ['channel', 'busparams'],
  usb: ['targetname', 'busparams'],
  net: ['hostip', 'port', 'key', 'busparams'],
  local: [],
};

/** /dbgsettings alone shows them; with a transport and its words they are set. */
export function debugSettingsCommand(job: BcdJob): BcdAnswer {
  if (job.words.length === 0) {
    const object = job.store.object(DEBUG_SETTINGS);
    return object
      ? answer([], `${enumText([object], job.style).split('\n').slice(3).join('\n')}\n${TEXT.done}`)
      : failure(TEXT.noEntry);
  }
  const { object, created } = settingsObject(job.store, DEBUG_SETTINGS);
  const edits = [...created];
  const words = [...job.words];
  let allowed: readonly string[] = [];
  const transport = words[0]!.toLowerCase();
  if (Object.hasOwn(TRANSPORT_WORDS, transport)) {
    words.shift();
    allowed = TRANSPORT_WORDS[transport] ?? [];
    const failed = addDebugWord(job, object, edits, ELEMENT.debugType, transport);
    if (failed) return failed;
  }
  while (words.length > 0) {
    const failed = takeDebugWord(job, object, edits, words, allowed);
    if (failed) return failed;
  }
  return answer(edits);
}

/** Takes one word (or /start with its policy) off `words`; an answer where it is wrong. */
function takeDebugWord(
  job: BcdJob,
  object: BcdObject,
  edits: HiveEdit[],
  words: string[],
  allowed: readonly string[],
): BcdAnswer | null {
  const word = words.shift()!;
  const name = switchName(word);
  if (name === 'start') return addDebugWord(job, object, edits, ELEMENT.debugStart, words.shift() ?? '');
  if (name === 'noumex') return addDebugWord(job, object, edits, ELEMENT.noUmex, 'on');
  if (name !== null) return failure(TEXT.unknownSwitch(word));
  if (/^nodhcp$/i.test(word) && allowed.includes('hostip'))
    return addDebugWord(job, object, edits, ELEMENT.dhcp, 'off');
  const colon = word.indexOf(':');
  const key = word.slice(0, Math.max(colon, 0)).toLowerCase();
  if (!allowed.includes(key)) return failure(TEXT.invalid('dbgsettings'));
  return addDebugWord(job, object, edits, DEBUG_WORDS[key]!, word.slice(colon + 1));
}

function addDebugWord(job: BcdJob, object: BcdObject, edits: HiveEdit[], id: number, text: string): BcdAnswer | null {
  const parsed = parseElement(elementInfo(object.type ?? 0, id), [text], job.style);
  if ('fault' in parsed) return failure(TEXT.badValue(parsed.fault === 'boolean' ? 'boolean' : 'integer'));
  append(edits, setElement(job.store, object, id, parsed.data));
  return null;
}
