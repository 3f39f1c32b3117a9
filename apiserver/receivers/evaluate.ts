import { setImmediate as turn } from 'node:timers/promises';
import type { Bindings, Budget, Expression } from '../../cel/index.ts';
import { type InputFault, MAX_REPORTS } from '../../crds/report.ts';
import { escapeControls } from '../../crds/text.ts';
import type { ReceiverExpression } from '../../crds/webhook-receiver.ts';
import type { Receiver } from './compile.ts';

/** What arrived. */
export interface Delivery {
  readonly payload: unknown;
  /** By lower-case name, without credentials. */
  readonly headers: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  /** The sender's id of this delivery: the same one when it tries again. */
  readonly deliveryId?: string;
  /** Of the payload as it arrived. */
  readonly bytes?: number;
  /** ms since 1970. */
  readonly receivedAt: number;
}

/** What one item of a delivery says: a report, or why it is none. */
export type Said =
  | { readonly index: number; readonly values: Values; readonly faults?: undefined }
  | { readonly index: number; readonly values?: undefined; readonly faults: readonly InputFault[] };

/** The values of the expressions that the receiver has. */
export type Values = Readonly<Partial<Record<ReceiverExpression, unknown>>>;

export interface Evaluated {
  readonly said: readonly Said[];
  /** Items that `match` leaves out, or 1 when it leaves out the whole payload. */
  readonly skipped: number;
  /** What it cost, in units of cel/budget.ts. */
  readonly units: number;
}

/** Units of cel/budget.ts: at worst a fifth of a second an item, and other requests have their turn between items. */
export const UNITS_AN_ITEM = 100_000;
/** At worst half a second; of the shipped receivers the dearest needs half of it for the most items that there may be. */
export const UNITS_A_DELIVERY = 500_000;

/** Asks the expressions of a receiver about a delivery. Never rejects because of what a payload holds. */
export async function evaluateDelivery(receiver: Receiver, delivery: Delivery): Promise<Evaluated> {
  const cel = await import('../../cel/index.ts');
  const all = new cel.Budget(UNITS_A_DELIVERY);
  return { ...(await evaluate(cel, all, receiver, delivery)), units: all.spent };
}

async function evaluate(
  cel: typeof import('../../cel/index.ts'),
  all: Budget,
  receiver: Receiver,
  delivery: Delivery,
): Promise<Omit<Evaluated, 'units'>> {
  const item = (): Budget => new cel.Budget(UNITS_AN_ITEM, all);
  const { match, each } = receiver.expressions;
  let bindings: Bindings;
  try {
    const { payload, headers, query } = delivery;
    bindings = Object.fromEntries(
      Object.entries({ payload, headers, query }).map(([name, value]) => [name, cel.fromJson(value, all)]),
    );
  } catch (error) {
    return { said: [refused(0, { path: 'payload', message: (error as Error).message })], skipped: 0 };
  }
  // A payload of another kind (a ping) need not have the list that `each` asks for.
  if (match && !match.uses.has('item')) {
    const first = ask(receiver, 'match', match, bindings, item());
    if (first.fault) return { said: [refused(0, first.fault)], skipped: 0 };
    if (!first.value) return { said: [], skipped: 1 };
  }
  if (each === undefined) return { said: [say(receiver, bindings, item(), 0)], skipped: 0 };
  const items = each.items(bindings, item());
  if (items.fault) return { said: [refused(0, told('each', each, items.fault, cel.placeOf))], skipped: 0 };
  if (items.value.length > MAX_REPORTS) {
    const message = `has ${items.value.length} items; at most ${MAX_REPORTS} are taken at once`;
    return { said: [refused(0, { path: 'spec.each', message })], skipped: 0 };
  }
  const said: Said[] = [];
  let skipped = 0;
  for (const [index, value] of items.value.entries()) {
    const one = { ...bindings, item: value };
    if (index > 0) await turn();
    const budget = item();
    const wanted = match?.uses.has('item') ? ask(receiver, 'match', match, one, budget) : { value: true };
    if (wanted.fault) said.push(refused(index, wanted.fault));
    else if (!wanted.value) skipped++;
    else said.push(say(receiver, one, budget, index));
  }
  return { said, skipped };

  function ask(of: Receiver, name: ReceiverExpression, expression: Expression, given: Bindings, budget: Budget) {
    const { value, fault } = expression.evaluate(given, budget);
    if (fault) return { fault: told(name, expression, fault, cel.placeOf) };
    const wrong = formFault(name, value, of);
    return wrong === undefined ? { value } : { fault: { path: `spec.${name}`, message: wrong } };
  }

  /** Every fault of one item at once. */
  function say(of: Receiver, given: Bindings, budget: Budget, index: number): Said {
    const values: Partial<Record<ReceiverExpression, unknown>> = {};
    const faults: InputFault[] = [];
    for (const [name, expression] of Object.entries(of.expressions) as [ReceiverExpression, Expression][]) {
      if (name === 'match' || name === 'each') continue;
      const { value, fault } = ask(of, name, expression, given, budget);
      if (fault) faults.push(fault);
      else if (value !== null) values[name] = value;
    }
    return faults.length > 0 ? { index, faults } : { index, values };
  }
}

function refused(index: number, fault: InputFault): Said {
  return { index, faults: [fault] };
}

/** The fault of an expression, for whoever sent the payload: which one, where in it, and what it missed. */
function told(
  name: ReceiverExpression,
  { text }: Expression,
  { message, offset, missing }: { message: string; offset: number; missing?: string },
  placeOf: (text: string, offset: number) => { line: number; column: number },
): InputFault {
  const { line, column } = placeOf(text, offset);
  return {
    path: `spec.${name}`,
    message: escapeControls(`${line}:${column}: ${message}`).slice(0, 500),
    ...(missing === undefined ? {} : { value: escapeControls(missing).slice(0, 200) }),
  };
}

/** What the schema of reports would say less clearly, because it does not know where a value comes from. */
function formFault(name: ReceiverExpression, value: unknown, { namespace }: Receiver): string | undefined {
  const isMap = typeof value === 'object' && value !== null && !Array.isArray(value);
  switch (name) {
    case 'match':
      return typeof value === 'boolean' ? undefined : `must be true or false, not ${shown(value)}`;
    case 'subject': {
      if (!isMap) return `must be a map with apiVersion, kind and name, not ${shown(value)}`;
      const of = (value as { namespace?: unknown }).namespace;
      return namespace === undefined || of === undefined || of === namespace
        ? undefined
        : `names the namespace ${shown(of)}: a WebhookReceiver reports about its own namespace only`;
    }
    case 'observed':
      return isMap || value === null
        ? undefined
        : `must be a map with apiVersion, kind, name and uid, not ${shown(value)}`;
    case 'findings':
    case 'resolve':
      return Array.isArray(value) ? undefined : `must be a list, not ${shown(value)}`;
    case 'observedAt':
      return typeof value === 'string' ? undefined : `must be a timestamp or RFC 3339 text, not ${shown(value)}`;
    case 'namespace':
      return typeof value === 'string' || value === null ? undefined : `must be text, not ${shown(value)}`;
    case 'each':
      return undefined;
  }
}

function shown(value: unknown): string {
  return escapeControls((JSON.stringify(value) ?? 'nothing').slice(0, 100));
}
