import type { Runnable } from '../command.ts';
import { runnable } from '../command.ts';
import { acknowledge } from './acknowledge.ts';
import { assign } from './assign.ts';
import { comment } from './comment.ts';
import { conformance } from './conformance.ts';
import { controllers } from './controllers.ts';
import { due } from './due.ts';
import { evidence } from './evidence.ts';
import { explain } from './explain.ts';
import { importCommand } from './import.ts';
import { newCommand } from './new.ts';
import { rbac } from './rbac.ts';
import { receiver } from './receiver.ts';
import { record } from './record.ts';
import { replay } from './replay.ts';
import { resolve } from './resolve.ts';
import { rule } from './rule.ts';
import { server } from './server.ts';
import { snooze } from './snooze.ts';
import { up } from './up.ts';
import { version } from './version.ts';

/** Every command, in the order of `faultline --help`. */
export const commands: readonly Runnable[] = [
  runnable(up),
  runnable(replay),
  runnable(server),
  runnable(controllers),
  runnable(explain),
  runnable(rbac),
  runnable(resolve),
  runnable(acknowledge),
  runnable(snooze),
  runnable(evidence),
  runnable(assign),
  runnable(due),
  runnable(comment),
  runnable(receiver),
  runnable(rule),
  runnable(newCommand),
  runnable(record),
  runnable(importCommand),
  runnable(conformance),
  runnable(version),
];
