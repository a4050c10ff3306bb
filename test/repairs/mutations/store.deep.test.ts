// Every element of every store: see test/deep.ts.
import './store.test.ts';
