import type { Expression } from '../../cel/index.ts';
import type { OrderClass } from '../../crds/report.ts';
import {
  EXPRESSIONS,
  type ReceiverAuthentication,
  type ReceiverExpression,
  receiverRules,
  receiverSource,
} from '../../crds/webhook-receiver.ts';
import { type Declaration, type DeclarationFault, receiverPath } from './declaration.ts';

/** A receiver that is ready to take deliveries. */
export interface Receiver {
  /** `namespaces/team-a/github`. */
  readonly path: string;
  readonly source: string;
  /** Its own, which is also the only one that it writes to; undefined: of the cluster. */
  readonly namespace: string | undefined;
  readonly orderClass: OrderClass;
  readonly authentication: ReceiverAuthentication;
  readonly complete: boolean;
  readonly expressions: Readonly<Partial<Record<ReceiverExpression, Expression>>>;
}

export type Compiled =
  | { readonly receiver: Receiver; readonly faults: readonly [] }
  | { readonly receiver?: undefined; readonly faults: readonly DeclarationFault[] };

/** What expressions may name. `item` is there with `each` only. */
const VARIABLES = ['payload', 'headers', 'query'];

/** Every fault of a declaration at once, each at its place. */
export async function compileReceiver({ receiver: declared, origin }: Declaration): Promise<Compiled> {
  // 30 MB that only who has receivers pays for.
  const { compileExpression, ExpressionFault, placeOf } = await import('../../cel/index.ts');
  const { kind, metadata, spec } = declared;
  const rules = receiverRules(declared, origin);
  const faults: DeclarationFault[] = rules.map(({ path, message }) => ({ path: path.join('.'), message }));
  const expressions: Partial<Record<ReceiverExpression, Expression>> = {};
  const ofItems = spec.each === undefined ? VARIABLES : [...VARIABLES, 'item'];
  for (const name of EXPRESSIONS) {
    const text = spec[name];
    if (text === undefined) continue;
    try {
      expressions[name] = compileExpression(text, name === 'each' ? VARIABLES : ofItems);
    } catch (error) {
      if (!(error instanceof ExpressionFault)) throw error;
      faults.push({ path: `spec.${name}`, message: error.message, place: placeOf(text, error.offset) });
    }
  }
  if (faults.length > 0) return { faults };
  const receiver: Receiver = {
    path: receiverPath(declared),
    source: receiverSource(kind, metadata.name),
    namespace: metadata.namespace,
    orderClass: spec.observedAt === undefined ? 'received' : 'run',
    authentication: spec.authentication,
    complete: spec.complete,
    expressions,
  };
  return { receiver, faults: [] };
}
