// The same with the numbers of the deep tier: see test/deep.ts.
import './worker.test.ts';
