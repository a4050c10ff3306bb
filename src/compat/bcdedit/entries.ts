// /create, /copy, /delete: whole entries.

import { append } from '../../base/lists.ts';
import { elementData } from '../../bcd/data.ts';
import { copyObject, createObject, deleteObject, emptyObject, setElement } from '../../bcd/edits.ts';
import { ELEMENT } from '../../bcd/elements/element-numbers.ts';
import { APPLICATION_TYPES, aliasOf, INHERIT_TYPES, idOf, OBJECT_TYPE, wellKnownType } from '../../bcd/objects.ts';
import type { BcdObject, BcdStore } from '../../bcd/store.ts';
import { elementOf } from '../../bcd/store.ts';
import { switchName } from './grammar.ts';
import type { BcdAnswer, BcdJob } from './job.ts';
import { answer, failure, isIdentifier, namedObject } from './job.ts';
import { TEXT } from './text.ts';

interface EntryWords {
  readonly id: string | null;
  readonly description: string | null;
  /** From the switch that names one; null: there was none. */
  readonly type: number | null;
}

/** /create [<id>] [/d <description>] [/application <type> | /inherit [<type>] | /device]. */
export function createCommand(job: BcdJob): BcdAnswer {
  const given = entryWords(job.words);
  if (!given) return failure(TEXT.invalid('create'));
  const id = given.id === null ? job.newId() : idOf(given.id);
  if (id === null) return failure(TEXT.badIdentifier);
  const type = given.type ?? wellKnownType(id);
  if (type === null) return failure(TEXT.invalid('create'), 'say what it is: /application, /inherit or /device');
  if (job.store.object(id)) return failure(TEXT.exists);
  const edits = createObject(job.store, id, type);
  if (given.description !== null) {
    const description = elementData.string(given.description);
    append(edits, setElement(job.store, emptyObject(id, type), ELEMENT.description, description));
  }
  return answer(edits, TEXT.created(aliasOf(id) ?? id));
}

function entryWords(words: readonly string[]): EntryWords | null {
  const rest = [...words];
  let id: string | null = null;
  let description: string | null = null;
  let type: number | null = null;
  while (rest.length > 0) {
    const word = rest.shift()!;
    const name = switchName(word);
    if (name === null && isIdentifier(word) && id === null) id = word;
    else if (name === 'd' && rest.length > 0) description = rest.shift()!;
    else if (name !== null && type === null) {
      const found = takeType(name, rest);
      if (found === null) return null;
      type = found;
    } else return null;
  }
  return { id, description, type };
}

/** The object type of /application, /inherit or /device, whose word is taken off `rest`. */
function takeType(name: string, rest: string[]): number | null {
  if (name === 'device') return OBJECT_TYPE.deviceOptions;
  if (name === 'application') return APPLICATION_TYPES[rest.shift()?.toLowerCase() ?? ''] ?? null;
  if (name !== 'inherit') return null;
  const next = rest[0];
  if (next === undefined || switchName(next) !== null || isIdentifier(next)) return OBJECT_TYPE.inheritAny;
  const word = rest.shift()!.toLowerCase();
  return word === 'device' ? 0x20300000 : (INHERIT_TYPES[word] ?? null);
}

/** /copy <id> /d <description>. */
export function copyCommand(job: BcdJob): BcdAnswer {
  const [source, d, description] = job.words;
  if (job.words.length !== 3 || !isIdentifier(source) || switchName(d ?? '') !== 'd' || description === undefined) {
    return failure(TEXT.invalid('copy'));
  }
  const object = namedObject(job, source);
  if (!object) return failure(TEXT.noEntry);
  const id = job.newId();
  const isLoader = object.type === OBJECT_TYPE.osLoader;
  return answer(copyObject(job.store, object, id, description), TEXT.copied(id), [
    ...(isLoader ? [`note: the copy is in no menu yet: bcdedit /displayorder ${id} /addlast`] : []),
  ]);
}

/** /delete <id> [/f] [/cleanup | /nocleanup]; /cleanup is meant unless /nocleanup says otherwise. */
export function deleteCommand(job: BcdJob): BcdAnswer {
  const [id, ...rest] = job.words;
  if (!isIdentifier(id)) return failure(TEXT.invalid('delete'));
  const switches = rest.map((word) => switchName(word));
  const wrong = switches.findIndex((name) => name === null || !['f', 'cleanup', 'nocleanup'].includes(name));
  if (wrong >= 0) return failure(TEXT.unknownSwitch(rest[wrong]!));
  const object = namedObject(job, id);
  if (!object) return failure(TEXT.deleteFailed);
  if (object.alias !== null && !switches.includes('f')) return failure(TEXT.protectedEntry);
  const cleanup = !switches.includes('nocleanup');
  const resume = cleanup ? resumeOnlyOf(job.store, object) : null;
  const edits = deleteObject(job.store, object, cleanup);
  if (resume) append(edits, deleteObject(job.store, resume, false));
  return answer(edits);
}

/** The resume entry of an OS loader, when no other loader names it: bcdedit deletes it with its loader. */
function resumeOnlyOf(store: BcdStore, loader: BcdObject): BcdObject | null {
  const resume = resumeId(loader);
  if (loader.type !== OBJECT_TYPE.osLoader || resume === null) return null;
  const isShared = store.loaders().some((other) => other.id !== loader.id && resumeId(other) === resume);
  const object = isShared ? null : store.object(resume);
  return object?.type === OBJECT_TYPE.resume ? object : null;
}

/** Element 23000003 of a loader is its resume object. */
function resumeId(loader: BcdObject): string | null {
  const data = elementOf(loader, ELEMENT.default)?.data;
  return data?.format === 'guid' ? idOf(data.value) : null;
}
