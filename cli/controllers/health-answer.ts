import type { LeadershipStatus, Manager } from '../../controllers/runtime/index.ts';
import { oneLine } from '../../crds/text.ts';

/** One thing that may be wrong, under a name that tells what (`/readyz/<name>`). */
export interface Check {
  readonly name: string;
  /** What is wrong and why, for people; undefined: nothing. */
  readonly fault: string | undefined;
  /** What is worth knowing where nothing is wrong. */
  readonly detail?: string;
  /** False: only reported. Default true. */
  readonly decides?: boolean;
}

/**
 * Whether a controllers process is ready: its first lists are decided, or it stands by with filled caches. What is wrong
 * with the server or with single controllers later is reported and decides nothing: a restart would not mend it.
 */
export function readyChecks(
  manager: Pick<Manager, 'ready' | 'status' | 'leadership' | 'backendFault'>,
): readonly Check[] {
  const controllers = manager.status().map(({ name, conditions }): Check => {
    const ready = conditions.find(({ type }) => type === 'Ready');
    const fault = ready?.status === 'False' ? `${ready.reason}: ${ready.message}` : undefined;
    return { name, fault, decides: false };
  });
  return [
    { name: 'first-lists', fault: manager.ready ? undefined : waitsFor(manager.leadership()) },
    { name: 'leadership', fault: undefined, detail: roleOf(manager.leadership()) },
    { name: 'server', fault: manager.backendFault, decides: false },
    ...controllers,
  ];
}

function waitsFor({ role, leaders }: LeadershipStatus): string {
  if (role === 'leading') return 'the first lists are not decided yet';
  return leaders.length === 0 ? 'nobody leads yet, as far as is known here' : 'the caches are not filled yet';
}

function roleOf({ role, leaders, shards }: LeadershipStatus): string {
  if (role === 'standby') return leaders.length > 0 ? `standby: ${leaders.join(', ')} leads` : 'standby';
  return shards === undefined ? 'leading' : `leading ${shards.join(', ')}`;
}

export interface HealthAnswer {
  readonly status: number;
  readonly text: string;
}

const PING: Check = { name: 'ping', fault: undefined };

/**
 * `/healthz`, `/livez`, `/readyz` and `/readyz/<check>` in the words of k8s.io/apiserver/pkg/server/healthz, with
 * `?verbose` and `?exclude=`; unlike there with the reasons, as only the cluster reaches this address. Undefined for
 * any other path.
 */
export function healthAnswer(url: string, ready: () => readonly Check[]): HealthAnswer | undefined {
  const { pathname, searchParams } = new URL(url, 'http://localhost');
  const [, group = '', name, ...rest] = pathname.split('/');
  if (!['healthz', 'livez', 'readyz'].includes(group) || rest.length > 0) return undefined;
  const checks = [PING, ...(group === 'readyz' ? ready() : [])];
  const chosen = name ? checks.filter((check) => check.name === name) : checks;
  if (chosen.length === 0) return undefined;
  const excluded = new Set(searchParams.getAll('exclude'));
  const counts = ({ fault, decides = true, name: own }: Check): boolean =>
    fault !== undefined && !excluded.has(own) && (decides || name !== undefined);
  const failed = chosen.some(counts);
  const lines = chosen.map((check) => line(check, excluded.has(check.name)));
  const text = `${[...lines, `${group} check ${failed ? 'failed' : 'passed'}`].join('\n')}\n`;
  return { status: failed ? 500 : 200, text: failed || searchParams.has('verbose') ? text : 'ok' };
}

function line({ name, fault, detail, decides = true }: Check, excluded: boolean): string {
  if (excluded) return `[+]${name} excluded: ok`;
  if (fault === undefined) return `[+]${name} ok${detail === undefined ? '' : ` (${detail})`}`;
  return `[-]${name} failed: ${oneLine(fault, 1_000)}${decides ? '' : ' (reported only)'}`;
}
