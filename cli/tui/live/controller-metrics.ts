/** Lines about the queues and the objects of controllers, of metrics in Prometheus' text format; none where there are none. */
export function controllerMetrics(metrics: string): string[] {
  const samples = [...metrics.matchAll(SAMPLE)].map(([, name = '', labels = '', value = '']) => ({
    name,
    labels: new Map([...labels.matchAll(LABEL)].map(([, key = '', text = '']) => [key, text])),
    value: Number(value),
  }));
  const controllers = new Map<string, Map<string, number>>();
  const add = (controller: string | undefined, what: string, value: number): void => {
    if (controller === undefined) return;
    const facts = controllers.get(controller) ?? new Map<string, number>();
    facts.set(what, (facts.get(what) ?? 0) + value);
    controllers.set(controller, facts);
  };
  for (const { name, labels, value } of samples) {
    if (name === 'faultline_objects') add(labels.get('controller'), labels.get('outcome') ?? '', value);
    if (name === 'workqueue_depth') add(labels.get('controller') ?? labels.get('name'), 'queued', value);
    if (name === 'controller_runtime_reconcile_errors_total') add(labels.get('controller'), 'errors', value);
  }
  return [...controllers].map(([controller, facts]) => {
    const told = [...facts].flatMap(([what, value]) =>
      value > 0 || what === 'queued' ? [`${value} ${WORDS[what] ?? what}`] : [],
    );
    return `${controller}: ${told.join(', ')}`;
  });
}

/** Outcomes as people say them. */
const WORDS: Readonly<Record<string, string>> = {
  settledUndecided: 'over without a verdict',
  undecidedTerminal: 'finished without a verdict yet',
};

const SAMPLE = /^([a-z_]+)\{([^}]*)\} ([0-9.e+]+)$/gm;
const LABEL = /(\w+)="([^"]*)"/g;
