// What bcdedit says. Texts marked (m) are from memory; the others were seen in published transcripts.

const HELP_LINE = 'Run "bcdedit /?" for command line assistance.';

export const TEXT = {
  done: 'The operation completed successfully.',
  /** (m) */
  created: (id: string): string => `The entry ${id} was successfully created.`,
  /** (m) */
  copied: (id: string): string => `The entry was successfully copied to ${id}.`,
  unknownElement:
    'The element data type specified is not recognized, or does not apply to the\nspecified entry.\n' +
    `${HELP_LINE}\nElement not found.`,
  /** (m) */
  unknownSwitch: (word: string): string =>
    `Invalid command line switch: ${word}\n${HELP_LINE}\nThe parameter is incorrect.`,
  /** (m) */
  invalid: (command: string): string =>
    `The ${command} command specified is not valid.\n${HELP_LINE}\nThe parameter is incorrect.`,
  /** (m) */
  badValue: (kind: 'integer' | 'boolean' | 'device'): string =>
    `The ${kind} data is not valid as specified.\n${HELP_LINE}\nThe parameter is incorrect.`,
  /** (m) */
  badIdentifier: `The entry identifier specified is not valid.\n${HELP_LINE}\nThe parameter is incorrect.`,
  /** (m) */
  setFailed: 'An error has occurred setting the element data.\nThe request is not supported.',
  /** (m) */
  noEntry:
    'An error occurred while attempting to reference the specified entry.\nThe system cannot find the file specified.',
  /** (m) */
  deleteFailed:
    'An error occurred while attempting to delete the specified entry.\nThe system cannot find the file specified.',
  /** (m) */
  protectedEntry:
    'The specified entry has a well-known identifier and is not deleted without /f.\nThe request is not supported.',
  /** (m) */
  noElement: 'An error occurred while attempting to delete the specified data element.\nElement not found.',
  /** (m) */
  exists: 'The specified entry cannot be created.\nCannot create a file when that file already exists.',
  /** (m) */
  storeExists: 'The store cannot be created.\nCannot create a file when that file already exists.',
  /** (m) */
  noMatch: 'There are no matching objects or the store is empty.',
  /** (m) */
  notAStore: 'The boot configuration data store could not be opened.\nThe configuration registry database is corrupt.',
} as const;
