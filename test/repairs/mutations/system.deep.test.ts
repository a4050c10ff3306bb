// Every row on every hive: see test/deep.ts.
import './system.test.ts';
