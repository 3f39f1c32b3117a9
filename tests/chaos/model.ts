import type { ChaosCluster } from './cluster.ts';

/** The oracle: which issues must be Active and what they say, from the objects alone. It knows nothing of watches. */
export function activeOf(cluster: ChaosCluster): Map<string, string> {
  const active = new Map<string, string>();
  const brokenParts = new Map<string, string[]>();
  for (const { kind, namespace, name, spec, owner } of cluster.objects.values()) {
    if (kind === 'Widget' && spec.broken === true) active.set(`${namespace}/Widget/${name}/broken`, String(spec.text));
    if (kind === 'Gauge') {
      for (const key of spec.broken as string[]) active.set(`${namespace}/Gauge/${name}/${key}`, String(spec.text));
    }
    if (kind === 'Part' && spec.broken === true) {
      const whole = `${namespace}/${owner}`;
      brokenParts.set(whole, [...(brokenParts.get(whole) ?? []), name]);
    }
  }
  for (const { kind, namespace, name, spec } of cluster.objects.values()) {
    const broken = kind === 'Assembly' ? brokenParts.get(`${namespace}/${name}`) : undefined;
    if (broken) active.set(`${namespace}/Assembly/${name}/parts`, `${spec.text}: ${broken.sort().join(' ')}`);
  }
  for (const [line, task] of newestTasks(cluster)) if (task.failed) active.set(`${line}/run`, task.text ?? '');
  return active;
}

/** By `namespace/Line/name`. */
function newestTasks(cluster: ChaosCluster) {
  const newest = new Map<string, { completedAt: number; failed?: boolean; text?: string }>();
  for (const { namespace, line, completedAt, failed, text } of cluster.tasks.values()) {
    if (completedAt === undefined) continue;
    const key = `${namespace}/Line/${line}`;
    if ((newest.get(key)?.completedAt ?? 0) < completedAt) {
      newest.set(key, { completedAt, ...(failed !== undefined && { failed }), ...(text !== undefined && { text }) });
    }
  }
  return newest;
}
