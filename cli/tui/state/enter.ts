import { gone, withPlace } from './places.ts';
import type { Surroundings } from './reduce.ts';
import { ISSUES, placeOf, type State, type View } from './state.ts';

/** No issue's key begins so: rows/listing.ts. */
const GROUP_KEY = '\u0000';

/**
 * Into what is selected: the head of a tree opens or closes, an issue shows its details, a row of a table its issues; and so
 * does the document of a group.
 */
export function entered(state: State, around: Surroundings): State {
  const { view, cursor } = placeOf(state);
  if (view.kind === 'group') return gone(state, { ...ISSUES, group: view.name }, true);
  const key = around.lines.keyAt(cursor.index);
  if (key === undefined) return state;
  switch (view.kind) {
    case 'issues': {
      if (key.startsWith(GROUP_KEY)) return folded(state, around);
      const slash = key.indexOf('/');
      return gone(
        state,
        { kind: 'issue', namespace: key.slice(0, slash), name: key.slice(slash + 1), asOf: view.asOf },
        true,
      );
    }
    case 'namespaces':
      return gone(state, { ...ISSUES, namespace: key }, true);
    case 'controllers':
      return gone(state, { ...ISSUES, filter: `source:${key}` }, true);
    case 'groups':
      return gone(state, { ...ISSUES, group: key }, true);
    case 'issue':
    case 'evidence':
    case 'subject':
    case 'ledger':
    case 'help':
      return state;
    default:
      return view satisfies never;
  }
}

/** What is known of the selected line: a document where there is one, else as `entered`. */
export function detailed(state: State, around: Surroundings): State {
  const { view, cursor } = placeOf(state);
  const key = around.lines.keyAt(cursor.index);
  if (view.kind !== 'groups' || key === undefined) return entered(state, around);
  return gone(state, { kind: 'group', name: key }, true);
}

/** Shows or hides the rows of the selected group; on a row, those of its group are hidden and the head is selected. */
export function folded(state: State, { lines }: Surroundings): State {
  const { view, cursor } = placeOf(state);
  if (view.kind !== 'issues' || view.grouping === 'none') return state;
  let at = cursor.index;
  while (at > 0 && !lines.keyAt(at)?.startsWith(GROUP_KEY)) at--;
  const head = lines.keyAt(at);
  if (head === undefined) return state;
  const collapsed = new Set(view.collapsed);
  const label = head.slice(GROUP_KEY.length);
  if (!collapsed.delete(label)) collapsed.add(label);
  return withPlace(state, {
    view: { ...view, collapsed },
    cursor: { ...cursor, key: at === 0 ? undefined : head, index: at },
  });
}

/** Shows the rows of all groups, or of none. */
export function foldedAll(state: State, { lines }: Surroundings): State {
  const { view } = placeOf(state);
  if (view.kind !== 'issues' || view.grouping === 'none') return state;
  const labels: string[] = [];
  if (view.collapsed.size === 0) {
    for (let index = 0; index < lines.count; index++) {
      const key = lines.keyAt(index);
      if (key?.startsWith(GROUP_KEY)) labels.push(key.slice(GROUP_KEY.length));
    }
  }
  const next: View = { ...view, collapsed: new Set(labels) };
  return withPlace(state, { view: next, cursor: { key: undefined, index: 0, top: 0 } });
}
