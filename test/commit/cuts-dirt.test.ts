import { describeCuts } from './describe-cuts.ts';
import { ROWS } from './rows.ts';

describeCuts(
  'DIRT',
  ROWS.filter(({ name }) => name.startsWith('DIRT')),
);
