import type { Defect } from '../defect.ts';
import { access } from './access.ts';
import { actionDefects } from './actions.ts';
import { discovery } from './discovery.ts';
import { listDefects } from './lists.ts';
import { openapi } from './openapi.ts';
import { registration } from './registration.ts';
import { selectorDefects } from './selectors.ts';
import { tableDefects } from './tables.ts';
import { watchDefects } from './watches.ts';

/** What a server can do wrong, by the number of the item that has to see it. */
export const defects: Readonly<Record<string, readonly Defect[]>> = {
  ...registration,
  ...discovery,
  ...openapi,
  ...access,
  ...listDefects,
  ...selectorDefects,
  ...watchDefects,
  ...tableDefects,
  ...actionDefects,
};
