import { text } from 'node:stream/consumers';
import { oneLine } from '../../../crds/text.ts';
import { Failure } from '../../exit.ts';
import type { Asker } from '../../reading/ask.ts';
import { controllerMetrics } from './controller-metrics.ts';

/**
 * What a process says about its controllers: through kube-apiserver only their issues are to be had, and that is said.
 * `faultline up` has server and controllers in one process, whose metrics its user may read.
 */
export async function controllerRemarks(asker: Asker): Promise<readonly string[]> {
  try {
    const metrics = await text(await asker.open('/metrics', { accept: 'text/plain' }));
    const found = controllerMetrics(metrics);
    if (found.length > 0) return found.map((line) => oneLine(line, 300));
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
  }
  return [
    'Health and queues are metrics of the controllers themselves (docs/observe.md), and this API server does not have them.',
    'x on an issue asks the controllers what they make of its object.',
  ];
}
