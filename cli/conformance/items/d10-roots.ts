import { success } from '../errors.ts';
import { ensure, type Item } from '../item.ts';

export const d10: Item = {
  number: 'D10',
  level: 'SHOULD',
  requirement: '/, /version, /apis and /apis/<group> answer straight at the server.',
  breaks: 'kubectl and monitoring that talk to the server without kube-apiserver in between.',
  async check({ straight, target }) {
    const root = success(await straight.send('/')).json<{ paths?: unknown }>();
    ensure(Array.isArray(root.paths), '/ has no paths');
    const version = success(await straight.send('/version')).json<{ gitVersion?: string }>();
    ensure(/^v\d+\.\d+/.test(version.gitVersion ?? ''), `/version has the gitVersion ${version.gitVersion}`);
    const groups = success(await straight.send('/apis')).json<{ kind?: string; groups?: { name?: string }[] }>();
    ensure(groups.kind === 'APIGroupList', `/apis is a ${groups.kind}, not an APIGroupList`);
    ensure(
      groups.groups?.some(({ name }) => name === target.group),
      `/apis does not name ${target.group}`,
    );
    const group = success(await straight.send(`/apis/${target.group}`)).json<{
      kind?: string;
      preferredVersion?: object;
    }>();
    ensure(group.kind === 'APIGroup' && group.preferredVersion, `/apis/${target.group} is no APIGroup with a version`);
  },
};
