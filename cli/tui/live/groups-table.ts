import { SEVERITIES } from '../../../crds/issue-words.ts';
import { API_VERSION } from '../../../crds/names.ts';
import type { Asker } from '../../reading/ask.ts';
import { Refusal } from '../../reading/fault.ts';
import type { ColumnDefinition, Row } from '../../reading/issues.ts';
import { cellText, shownColumns } from '../../reading/print/table.ts';
import type { SmallTable } from '../frame/scene.ts';

const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io';
const MOST = 2_000;

interface Table {
  readonly columnDefinitions?: readonly ColumnDefinition[];
  readonly rows?: readonly Row[];
}

/** What issues have in common, as the server's Table; or why it cannot be had. */
export async function groupsTable(asker: Asker): Promise<SmallTable> {
  try {
    const { body } = await asker.json<Table>(`/apis/${API_VERSION}/issuegroups?limit=${MOST}`, { accept: TABLE });
    const { columnDefinitions: columns = [] } = body;
    const shown = shownColumns(columns, false);
    const severity = columns.findIndex(({ name }) => name === 'Severity');
    const rows = (body.rows ?? []).map(({ cells, object }) => ({
      key: object.metadata.name,
      cells: shown.map((index) => cellText(cells[index])),
      severity: (SEVERITIES as readonly string[]).indexOf(cellText(cells[severity])),
    }));
    rows.sort((a, b) => a.severity - b.severity);
    return {
      columns: shown.map((index) => columns[index]?.name ?? ''),
      rows,
      remarks: rows.length === 0 ? ['No issues have anything in common.'] : [],
    };
  } catch (error) {
    if (!(error instanceof Refusal) || error.status >= 500) throw error;
    return { columns: ['Name'], rows: [], remarks: [error.message] };
  }
}
