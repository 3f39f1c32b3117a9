import { describe } from 'vitest';
import { openStore } from './open-store.ts';
import { storeContract } from './store.contract.ts';

describe('the store on PGlite', () => {
  storeContract((clock) =>
    openStore({ database: { embedded: 'memory' }, clusterId: 'folder:test', clockOffset: () => clock.offset }),
  );
});
