// What is said of an NTFS volume whose structures do not hold together.

import { FormatError } from '../../../base/errors.ts';

export function bad(subject: string, found: string): FormatError {
  return new FormatError('BAD_FILE_SYSTEM', `${subject} ${found}`);
}
