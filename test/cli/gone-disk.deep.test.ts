// The same with the numbers of the deep tier: see test/deep.ts.
import './gone-disk.test.ts';
