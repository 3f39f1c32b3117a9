/** The dashboard of Grafana (manifests/monitoring/dashboard.json): what is broken, is Faultline well, and where it is not. */

interface Target {
  readonly expr: string;
  readonly legend?: string;
}

interface Panel {
  readonly title: string;
  readonly description: string;
  readonly type?: 'timeseries' | 'stat' | 'table';
  readonly unit?: string;
  readonly targets: readonly Target[];
  /** From the least: a value and the colour from there. */
  readonly thresholds?: readonly (readonly [number | null, string])[];
  readonly stacked?: boolean;
}

interface Row {
  readonly title: string;
  readonly panels: readonly Panel[];
}

const COLUMNS = 24;
const HEIGHT = 8;
// biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of Grafana, not of ours
const DATASOURCE = { type: 'prometheus', uid: '${datasource}' };
const GOOD_IS_0 = [
  [null, 'green'],
  [1, 'red'],
] as const;

const rate = (metric: string, by: string): string => `sum by (${by}) (rate(${metric}[$__rate_interval]))`;
const quantile = (q: number, metric: string, by = ''): string =>
  `histogram_quantile(${q}, sum by (${['le', by].filter(Boolean).join(', ')}) (rate(${metric}_bucket[$__rate_interval])))`;

const ROWS: readonly Row[] = [
  {
    title: 'What is broken',
    panels: [
      {
        title: 'Active issues',
        description: 'By severity. Every server tells all of them: the max of the servers counts.',
        stacked: true,
        targets: [
          {
            expr: 'sum by (severity) (max by (namespace, severity, type) (faultline_issues{namespace=~"$namespace"}))',
            legend: '{{severity}}',
          },
        ],
      },
      {
        title: 'By type',
        description: 'Build, test, release, dependency, pipeline, workload, security, and what plugins call their own.',
        stacked: true,
        targets: [
          {
            expr: 'sum by (type) (max by (namespace, severity, type) (faultline_issues{namespace=~"$namespace"}))',
            legend: '{{type}}',
          },
        ],
      },
      {
        title: 'Namespaces with most critical issues',
        description: 'The first 20.',
        type: 'table',
        targets: [
          {
            expr: 'topk(20, sum by (namespace) (max by (namespace, severity, type) (faultline_issues{severity="critical", namespace=~"$namespace"})))',
            legend: '{{namespace}}',
          },
        ],
      },
    ],
  },
  {
    title: 'Is Faultline well?',
    panels: [
      {
        title: 'Checks of the servers',
        description: 'How many servers have the database, and the feed of each resource.',
        type: 'stat',
        targets: [{ expr: 'sum by (check) (faultline_health_check)', legend: '{{check}}' }],
        thresholds: [
          [null, 'red'],
          [1, 'green'],
        ],
      },
      {
        title: 'Requests that fail',
        description: 'Objective: at most 0.1 % in 30 days.',
        unit: 'percentunit',
        targets: [
          { expr: 'faultline:http_requests:error_ratio_rate5m', legend: '5 minutes' },
          { expr: 'faultline:http_requests:error_ratio_rate1h', legend: '1 hour' },
          { expr: 'faultline:http_requests:error_ratio_rate3d', legend: '3 days' },
        ],
      },
      {
        title: 'Change to visible',
        description: 'From the watch to stored (controllers), and from stored to served (servers); 99 of 100 changes.',
        unit: 's',
        targets: [
          { expr: quantile(0.99, 'faultline_change_stored_seconds'), legend: 'watch to stored' },
          { expr: quantile(0.99, 'faultline_change_visible_seconds'), legend: 'stored to served' },
          { expr: 'max(faultline_staleness_seconds)', legend: 'oldest server' },
        ],
      },
      {
        title: 'Leaders',
        description: 'Who holds the Leases of the controllers: one for each.',
        type: 'stat',
        targets: [{ expr: 'sum by (name) (leader_election_master_status)', legend: '{{name}}' }],
        thresholds: [
          [null, 'red'],
          [1, 'green'],
          [2, 'red'],
        ],
      },
    ],
  },
  {
    title: 'Server',
    panels: [
      {
        title: 'Requests',
        description: 'By area and code.',
        unit: 'reqps',
        targets: [{ expr: rate('faultline_http_requests_total', 'area, code'), legend: '{{area}} {{code}}' }],
      },
      {
        title: 'Duration of reads',
        description: '99 of 100 requests to the Kubernetes API, without watches.',
        unit: 's',
        targets: [{ expr: quantile(0.99, 'faultline_api_request_duration_seconds', 'verb'), legend: '{{verb}}' }],
      },
      {
        title: 'Reports',
        description: 'By answer; 429 is a limit.',
        unit: 'reqps',
        targets: [
          { expr: rate('faultline_reports_total', 'status'), legend: '{{status}}' },
          { expr: rate('faultline_reports_limited_total', 'limit'), legend: 'limit {{limit}}' },
        ],
      },
      {
        title: 'Decisions',
        description: 'By cell of the decision table: 3A opens, 3C reopens, 4B resolves, 2B says the same again.',
        unit: 'ops',
        targets: [{ expr: rate('faultline_decisions_total', 'cell'), legend: '{{cell}}' }],
      },
      {
        title: 'Watches',
        description: 'Open ones, by server.',
        targets: [{ expr: 'sum by (instance) (faultline_api_watches)', legend: '{{instance}}' }],
      },
      {
        title: 'Watches that ended',
        description: 'By reason: a client that left, the timeout of every watch, or a client that was too slow.',
        unit: 'ops',
        targets: [{ expr: rate('faultline_api_watches_ended_total', 'reason'), legend: '{{reason}}' }],
      },
      {
        title: 'Questions to the cluster',
        description: 'Tokens and rights that were asked, by result; errors let nobody in.',
        unit: 'ops',
        targets: [
          {
            expr: rate('faultline_access_review_duration_seconds_count', 'review, result'),
            legend: '{{review}} {{result}}',
          },
          { expr: 'sum(rate(faultline_credential_faults_total[$__rate_interval]))', legend: 'refused credentials' },
        ],
      },
      {
        title: 'Webhooks and Events',
        description: 'Deliveries by answer; Events by what became of them.',
        unit: 'ops',
        targets: [
          { expr: rate('faultline_receiver_deliveries_total', 'status'), legend: 'delivery {{status}}' },
          { expr: rate('faultline_events_total', 'outcome'), legend: 'event {{outcome}}' },
        ],
      },
      {
        title: 'Swept',
        description: 'Issues hidden, expired, gone with their namespace, removed by age.',
        unit: 'ops',
        targets: [{ expr: rate('faultline_swept_total', 'kind'), legend: '{{kind}}' }],
      },
      {
        title: 'Lost by failovers',
        description: 'Acknowledged changes that a database lacked afterwards: 0 with synchronous replication.',
        type: 'stat',
        targets: [{ expr: 'sum(increase(faultline_failover_lost_changes_total[$__range]))', legend: 'changes' }],
        thresholds: GOOD_IS_0,
      },
    ],
  },
  {
    title: 'Controllers',
    panels: [
      {
        title: 'Objects',
        description: 'By what the last look came to; undecidedTerminal returns to 0.',
        stacked: true,
        targets: [{ expr: 'sum by (outcome) (faultline_objects)', legend: '{{outcome}}' }],
      },
      {
        title: 'Looks',
        description: 'By controller and result.',
        unit: 'ops',
        targets: [
          {
            expr: rate('controller_runtime_reconcile_total', 'controller, result'),
            legend: '{{controller}} {{result}}',
          },
        ],
      },
      {
        title: 'Duration of a look',
        description: '99 of 100, by controller.',
        unit: 's',
        targets: [
          { expr: quantile(0.99, 'controller_runtime_reconcile_time_seconds', 'controller'), legend: '{{controller}}' },
        ],
      },
      {
        title: 'Queues',
        description: 'Objects that wait to be looked at, and reports that wait for the server.',
        targets: [
          { expr: 'sum by (name) (workqueue_depth)', legend: '{{name}}' },
          { expr: 'sum by (instance) (faultline_sink_buffered_reports)', legend: 'reports of {{instance}}' },
        ],
      },
      {
        title: 'Answers to reports',
        description: 'By status, and looks that were not sent, by reason.',
        unit: 'ops',
        targets: [
          { expr: rate('faultline_controller_reports_total', 'status'), legend: '{{status}}' },
          { expr: rate('faultline_reports_skipped_total', 'reason'), legend: 'skipped {{reason}}' },
        ],
      },
      {
        title: 'Plugins and rules',
        description: 'Plugins whose thread runs, objects that they are spared, rules that do not run.',
        targets: [
          { expr: 'sum by (controller) (faultline_plugin_up)', legend: '{{controller}} runs' },
          { expr: 'sum by (controller) (faultline_plugin_parked_objects)', legend: '{{controller}} parked' },
          { expr: 'max(faultline_rules{running="false"})', legend: 'rules that do not run' },
        ],
      },
      {
        title: 'Changes that a watch missed',
        description: 'Found by a list only: 0.',
        type: 'stat',
        targets: [{ expr: 'sum(increase(faultline_watch_missed_total[$__range]))', legend: 'changes' }],
        thresholds: GOOD_IS_0,
      },
      {
        title: 'Requests to the cluster',
        description: 'By code.',
        unit: 'reqps',
        targets: [{ expr: rate('rest_client_requests_total', 'code'), legend: '{{code}}' }],
      },
    ],
  },
  {
    title: 'Processes',
    panels: [
      {
        title: 'CPU',
        description: 'Cores.',
        targets: [
          {
            expr: 'sum by (instance) (rate(process_cpu_seconds_total{job=~"faultline-.*"}[$__rate_interval]))',
            legend: '{{instance}}',
          },
        ],
      },
      {
        title: 'Memory',
        description: 'Resident, and what of it is the heap of JavaScript.',
        unit: 'bytes',
        targets: [
          { expr: 'process_resident_memory_bytes{job=~"faultline-.*"}', legend: '{{instance}}' },
          { expr: 'nodejs_heap_size_used_bytes{job=~"faultline-.*"}', legend: '{{instance}} heap' },
        ],
      },
      {
        title: 'What controllers keep',
        description: 'Bytes of cached objects, by kind.',
        unit: 'bytes',
        targets: [{ expr: 'sum by (kind) (faultline_cache_bytes)', legend: '{{kind}}' }],
      },
    ],
  },
];

/** The JSON of Grafana (schema of version 10 and later). The data source is a variable of the dashboard. */
export function dashboard(): object {
  let y = 0;
  let id = 0;
  const panels: object[] = [];
  for (const { title, panels: own } of ROWS) {
    panels.push({ id: ++id, type: 'row', title, collapsed: false, panels: [], gridPos: { x: 0, y, w: COLUMNS, h: 1 } });
    y += 1;
    const width = own.length < 4 ? COLUMNS / own.length : COLUMNS / 4;
    for (const [index, panel] of own.entries()) {
      const column = index % Math.floor(COLUMNS / width);
      if (index > 0 && column === 0) y += HEIGHT;
      panels.push({ id: ++id, ...shown(panel), gridPos: { x: column * width, y, w: width, h: HEIGHT } });
    }
    y += HEIGHT;
  }
  return {
    uid: 'faultline',
    title: 'Faultline',
    description: 'What is broken, whether Faultline is well, and where it is not. Written by npm run generate.',
    tags: ['faultline'],
    schemaVersion: 39,
    editable: true,
    refresh: '1m',
    time: { from: 'now-6h', to: 'now' },
    templating: { list: [DATASOURCE_VARIABLE, NAMESPACE_VARIABLE] },
    panels,
  };
}

const DATASOURCE_VARIABLE = { name: 'datasource', label: 'Data source', type: 'datasource', query: 'prometheus' };

const NAMESPACE_VARIABLE = {
  name: 'namespace',
  label: 'Namespace',
  type: 'query',
  datasource: DATASOURCE,
  query: { query: 'label_values(faultline_issues, namespace)', refId: 'namespace' },
  refresh: 2,
  includeAll: true,
  multi: true,
  allValue: '.*',
  current: { text: 'All', value: '$__all' },
};

function shown({
  title,
  description,
  type = 'timeseries',
  unit = 'short',
  targets,
  thresholds,
  stacked,
}: Panel): object {
  const steps = (thresholds ?? [[null, 'green']]).map(([value, color]) => ({ value, color }));
  return {
    type,
    title,
    description,
    datasource: DATASOURCE,
    fieldConfig: {
      defaults: {
        unit,
        min: 0,
        thresholds: { mode: 'absolute', steps },
        ...(type === 'timeseries' && {
          custom: { fillOpacity: stacked ? 30 : 5, stacking: { mode: stacked ? 'normal' : 'none' } },
        }),
      },
      overrides: [],
    },
    options: type === 'stat' ? { reduceOptions: { calcs: ['lastNotNull'] }, colorMode: 'background' } : {},
    targets: targets.map(({ expr, legend }, index) => ({
      refId: String.fromCharCode(65 + index),
      datasource: DATASOURCE,
      expr,
      ...(legend !== undefined && { legendFormat: legend }),
      ...(type === 'timeseries' ? {} : { instant: true }),
      ...(type === 'table' && { format: 'table' }),
    })),
  };
}
