import { gone, told } from './places.ts';
import { ISSUES, placeOf, type SavedView, type State } from './state.ts';

/** The list of a saved view; its order and width become those of all lists. */
export function applied(state: State, name: string): State {
  const found = state.saved.find((each) => each.name === name);
  if (found === undefined) return told(state, `no view is saved as ${name}`);
  const { filter = '', namespace, grouping = 'none', sort, wide, all } = found;
  const options = {
    ...state.options,
    ...(sort !== undefined && { sort }),
    ...(wide !== undefined && { wide }),
    all: all ?? false,
  };
  return gone({ ...state, options }, { ...ISSUES, filter, namespace, grouping }, false);
}

/** What is shown now, to be saved; undefined where it is no list of issues, and of a group, which may be gone tomorrow. */
export function currentView(state: State, name: string): SavedView | undefined {
  const { view } = placeOf(state);
  if (view.kind !== 'issues' || view.group !== undefined) return undefined;
  const { all, wide, sort } = state.options;
  return {
    name,
    ...(view.filter !== '' && { filter: view.filter }),
    ...(view.namespace !== undefined && { namespace: view.namespace }),
    ...(view.grouping !== 'none' && { grouping: view.grouping }),
    ...(sort !== 'severity' && { sort }),
    ...(wide && { wide }),
    ...(all && { all }),
  };
}
