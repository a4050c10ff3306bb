// The same with every format: see test/deep.ts.
import './open.test.ts';
