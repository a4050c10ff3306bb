import { describeCuts } from './describe-cuts.ts';
import { ROWS } from './rows.ts';

describeCuts(
  'HvLE',
  ROWS.filter(({ name }) => name.startsWith('HvLE')),
);
