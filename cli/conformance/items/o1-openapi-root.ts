import { success } from '../errors.ts';
import { ensure, type Item } from '../item.ts';
import { apiVersionOf } from '../target.ts';

interface Root {
  readonly paths?: Record<string, { readonly serverRelativeURL?: string }>;
}

export const o1: Item = {
  number: 'O1',
  level: 'MUST',
  requirement:
    '/openapi/v3 lists the group and version under a URL with a hash, and straight at the server only its own.',
  breaks: 'kubectl explain; the aggregator takes over foreign keys, so that explain of built-in kinds breaks.',
  async check(subject) {
    const { api, target } = subject;
    const key = `apis/${apiVersionOf(target)}`;
    const { paths } = success(await api.send('/openapi/v3')).json<Root>();
    const url = paths?.[key]?.serverRelativeURL ?? '';
    ensure(paths?.[key], `/openapi/v3 does not list ${key}`);
    ensure(/^\/openapi\/v3\/apis\/[^?]+\?hash=./.test(url), `serverRelativeURL is "${url}"`);
    if (target.path === 'built-in') return;
    const own = await groupsOf(subject).catch(() => undefined);
    if (own === undefined) return;
    const { paths: listed = {} } = success(await subject.straight.send('/openapi/v3')).json<Root>();
    const foreign = Object.keys(listed).filter((one) => !own.some((group) => one.startsWith(`apis/${group}/`)));
    ensure(foreign.length === 0, `it lists ${foreign.join(', ')}, which it does not serve`);
  },
};

async function groupsOf(subject: Parameters<Item['check']>[0]): Promise<string[]> {
  const list = (await subject.straight.send('/apis')).json<{ groups?: { name: string }[] }>();
  return list.groups?.map(({ name }) => name) ?? [subject.target.group];
}
