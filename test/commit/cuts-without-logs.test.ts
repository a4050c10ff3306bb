import { describeCuts } from './describe-cuts.ts';
import { ODD_ROWS, ROWS_WITHOUT_LOGS } from './rows-without-logs.ts';

describeCuts('replaced, accepted, fixed sizes', [...ROWS_WITHOUT_LOGS, ...ODD_ROWS]);
