import { describeCuts } from './describe-cuts.ts';
import { ROWS } from './rows.ts';

describeCuts(
  'without logs, several files',
  ROWS.filter(({ name }) => !/^(HvLE|DIRT)/.test(name)),
);
