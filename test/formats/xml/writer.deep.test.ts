// The same with the hives of the deep tier: see test/deep.ts.
import './writer.test.ts';
