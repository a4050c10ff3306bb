// The words that bcdedit has for the numbers of some integer elements.

import type { ElementInfo } from './elements.ts';

/**
 * By element name: the words in the order of their numbers, as bcdedit prints them. safeboot and bootstatuspolicy are in
 * published headers; the others are from memory, and no source was found for them.
 */
const WORDS: Readonly<Record<string, readonly string[]>> = {
  safeboot: ['Minimal', 'Network', 'DsRepair'],
  bootstatuspolicy: [
    'DisplayAllFailures',
    'IgnoreAllFailures',
    'IgnoreShutdownFailures',
    'IgnoreBootFailures',
    'IgnoreCheckpointFailures',
    'DisplayShutdownFailures',
    'DisplayBootFailures',
    'DisplayCheckpointFailures',
  ],
  bootmenupolicy: ['Legacy', 'Standard'],
  bootux: ['Disabled', 'Basic', 'Standard'],
  configaccesspolicy: ['Default', 'DisallowMmConfig'],
  debugstart: ['Active', 'AutoEnable', 'Disable'],
  debugtype: ['Serial', '1394', 'USB', 'NET', 'Local'],
  displaymessage: [
    'Default',
    'Resume',
    'HyperV',
    'Recovery',
    'StartupRepair',
    'SystemImageRecovery',
    'CommandPrompt',
    'SystemRestore',
    'PushButtonReset',
  ],
  driverloadfailurepolicy: ['Fatal', 'UseErrorControl'],
  firstmegabytepolicy: ['UseNone', 'UseAll', 'UsePrivate'],
  graphicsresolution: ['1024x768', '800x600', '1024x600'],
  hypervisordebugtype: ['Serial', '1394', 'None', 'Net'],
  hypervisorlaunchtype: ['Off', 'Auto'],
  integrityservices: ['Default', 'Disable', 'Enable'],
  linearaddress57: ['Default', 'OptOut', 'OptIn'],
  msi: ['Default', 'ForceDisable'],
  nx: ['OptIn', 'OptOut', 'AlwaysOff', 'AlwaysOn'],
  pae: ['Default', 'ForceEnable', 'ForceDisable'],
  pciexpress: ['Default', 'ForceDisable'],
  tpmbootentropy: ['Default', 'ForceDisable', 'ForceEnable'],
  tscsyncpolicy: ['Default', 'Legacy', 'Enhanced'],
  vsmlaunchtype: ['Off', 'Auto'],
  x2apicpolicy: ['Default', 'Disable', 'Enable'],
};

const SOURCED = new Set(['safeboot', 'bootstatuspolicy']);

function wordsOf(info: ElementInfo): readonly string[] {
  const name = info.name === 'displaymessageoverride' ? 'displaymessage' : (info.name ?? '');
  return info.format === 'integer' ? (WORDS[name] ?? []) : [];
}

/** The word for a number of this element; null where it has none. */
export function valueWord(info: ElementInfo, value: bigint): string | null {
  const words = wordsOf(info);
  return value < BigInt(words.length) ? (words[Number(value)] ?? null) : null;
}

/** The number of a word, in any letter case; null where the element has no such word. */
export function valueOfWord(info: ElementInfo, word: string): bigint | null {
  const found = wordsOf(info).findIndex((known) => known.toLowerCase() === word.toLowerCase());
  return found < 0 ? null : BigInt(found);
}

/** The words that the element takes; [] for one that takes numbers only. */
export function valueWords(info: ElementInfo): readonly string[] {
  return wordsOf(info);
}

/** False where the numbers of the element's words are from memory. */
export function areWordsSourced(info: ElementInfo): boolean {
  return wordsOf(info).length === 0 || SOURCED.has(info.name ?? '');
}
