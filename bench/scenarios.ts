import type { Scenario } from './scenario.ts';
import { changes } from './scenarios/changes.ts';
import { cli } from './scenarios/cli.ts';
import { controllers } from './scenarios/controllers.ts';
import { history } from './scenarios/history.ts';
import { install } from './scenarios/install.ts';
import { kite } from './scenarios/kite.ts';
import { latency } from './scenarios/latency.ts';
import { ledger } from './scenarios/ledger.ts';
import { list } from './scenarios/list.ts';
import { memory } from './scenarios/memory.ts';
import { million } from './scenarios/million.ts';
import { replicas } from './scenarios/replicas.ts';
import { reports } from './scenarios/reports.ts';
import { restore } from './scenarios/restore.ts';
import { scale } from './scenarios/scale.ts';
import { serverStart } from './scenarios/server-start.ts';
import { simulate } from './scenarios/simulate.ts';
import { start } from './scenarios/start.ts';
import { storm } from './scenarios/storm.ts';
import { tui } from './scenarios/tui.ts';
import { watch } from './scenarios/watch.ts';

/** Every scenario, in the order of `--help` and of a run of all. */
export const scenarios: readonly Scenario[] = [
  start,
  serverStart,
  latency,
  reports,
  replicas,
  kite,
  list,
  watch,
  scale,
  memory,
  storm,
  million,
  restore,
  history,
  simulate,
  controllers,
  changes,
  cli,
  install,
  ledger,
  tui,
];
