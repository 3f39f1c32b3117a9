import { ISSUE_COLUMNS } from '../../../apiserver/resources/issues.ts';
import { humanDuration } from '../../../crds/duration.ts';
import type { Issue } from '../../../crds/issue.ts';
import type { Listed } from './source.ts';

/** The Table that a server would answer for these issues, as rows with their objects. `now`: ms since 1970. */
export function issueTable(issues: readonly Issue[], now: number): Listed {
  return {
    columns: ISSUE_COLUMNS.map(({ name, priority = 0 }) => ({ name, priority })),
    rows: issues.map((object) => ({
      object,
      cells: ISSUE_COLUMNS.map((column) => {
        const cell = column.cell(object);
        return typeof cell === 'object' && cell !== null ? humanDuration(now - Date.parse(String(cell.since))) : cell;
      }),
    })),
  };
}
