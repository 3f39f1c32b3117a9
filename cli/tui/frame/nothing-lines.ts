import { humanDuration } from '../../../crds/duration.ts';
import { wrap } from '../../printers/width.ts';
import type { IssuesView } from '../state/state.ts';
import type { Scene } from './scene.ts';

/** Instead of an empty list: why it is empty, and what to do. */
export function nothingLines(scene: Scene, view: IssuesView): string[] {
  const { look, state } = scene;
  const { role, text } = reason(scene, view);
  return [
    '',
    ...text
      .flatMap((line) => wrap(line, state.size.columns - 4))
      .map((line) => look.paint(role, `  ${look.plain(line)}`)),
  ];
}

export function reason(
  { connection, state, now }: Scene,
  view: IssuesView,
): { role: 'dim' | 'good' | 'error'; text: string[] } {
  switch (connection.kind) {
    case 'connecting':
      return { role: 'dim', text: ['Asking the server.'] };
    case 'loading':
      return { role: 'dim', text: ['Loading.'] };
    case 'lost': {
      const wait = humanDuration(Math.max(0, connection.again - now));
      return { role: 'error', text: [connection.why, '', `Trying again in ${wait}.`] };
    }
    case 'refused':
      return { role: 'error', text: [connection.why, '', 'Asked again from time to time; q leaves.'] };
    case 'live':
    case 'still': {
      const of = view.group === undefined ? '' : ' of this group that you may list';
      const where = `${of}${view.namespace === undefined ? '' : ` in ${view.namespace}`}`;
      const what = state.options.all ? 'issues' : 'Active issues';
      if (view.filter !== '')
        return { role: 'dim', text: [`No ${what}${where} match ${view.filter}. Esc takes the filter away.`] };
      const then = view.asOf === undefined ? '' : ' at that time';
      return {
        role: 'good',
        text: [
          `No ${what}${where}${then}.`,
          ...(state.options.all ? [] : ['A shows those that were resolved lately.']),
        ],
      };
    }
    default:
      return connection satisfies never;
  }
}
