import { parentPort, workerData } from 'node:worker_threads';
import type { InputFault } from '../../../crds/report.ts';
import { causeOf } from '../backend.ts';
import { defaultExport, prepare } from '../definition-module.ts';
import { registerPluginHooks } from '../import-plugin.ts';
import type { ControllerDefinition } from '../plugin.ts';
import { Batch } from './batch.ts';
import type { DefinitionData, FromWorker, PluginRequest, ToWorker } from './protocol.ts';
import { WorkerLooks } from './worker-looks.ts';

/** The entry of a plugin's worker thread: loads the plugin, says what it is, then answers looks until it is stopped. */

const port = parentPort;
if (port === null) throw new Error('this file is started as a worker thread');
let looks: WorkerLooks | undefined;
const batch = new Batch<FromWorker>(
  (messages) => port.postMessage(messages),
  (message, error) => looks?.refused(message, error),
);
const send = (message: FromWorker): void => batch.push(message);

const request = workerData as PluginRequest;
// For as long as the worker lives: a plugin may import more when it looks.
registerPluginHooks(request.specifier, request.baseDir, {
  onFile: (file) => send({ type: 'files', files: [file] }),
  onCode: (piece) => send({ type: 'code', piece }),
  ...(request.code && { code: request.code }),
});
const faults: InputFault[] = [];
const plugin = await load(request, faults);
if (plugin === undefined) {
  send({ type: 'faulty', faults: faults.map(told) });
} else {
  const { definition, options } = plugin;
  looks = new WorkerLooks(definition, options, send);
  const known = looks;
  port.on('message', (messages: readonly ToWorker[]) => {
    for (const message of messages) known.receive(message);
  });
  send({ type: 'loaded', definition: dataOf(definition) });
}

async function load(
  { specifier, with: given, path }: PluginRequest,
  found: InputFault[],
): Promise<{ definition: ControllerDefinition; options: unknown } | undefined> {
  const at = `${path}.use`;
  try {
    const { definition, options, faults: wrong } = prepare(defaultExport(await import(specifier)), given, path);
    found.push(...wrong);
    return definition && { definition, options };
  } catch (error) {
    found.push({ path: at, message: `cannot be loaded: ${placeOf(error)}${causeOf(error)}` });
    return undefined;
  }
}

/** Where a file of TypeScript cannot be parsed, Node tells on the first line of the stack alone. */
function placeOf(error: unknown): string {
  const [first = ''] = error instanceof SyntaxError ? (error.stack ?? '').split('\n', 1) : [];
  return /^(file:\/\/)?\/.*:\d+$/.test(first) ? `${first}: ` : '';
}

/** Only what travels: whatever is no data is left out. */
function dataOf(definition: ControllerDefinition): DefinitionData {
  const { observe: _, options: __, ...data } = definition;
  return JSON.parse(JSON.stringify(data)) as DefinitionData;
}

/** A value that is no text, number or boolean is not shown anyway, and may not travel. */
function told({ value, allowed, ...fault }: InputFault): InputFault {
  const simple = (one: unknown): boolean => ['string', 'number', 'boolean'].includes(typeof one) || one === null;
  return {
    ...fault,
    ...(simple(value) && { value }),
    ...(allowed?.every(simple) === true && { allowed }),
  };
}
