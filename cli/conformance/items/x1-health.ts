import { ensure, type Item } from '../item.ts';

export const x1: Item = {
  number: 'X1',
  level: 'MUST',
  requirement: '/readyz, /livez and /healthz are "ok", list their checks with ?verbose, and each check has a path.',
  breaks: 'Probes, and whoever looks for what is wrong.',
  async check({ stranger }) {
    for (const path of ['/healthz', '/livez', '/readyz']) {
      const { status, text, mediaType } = await stranger.send(path);
      ensure(status === 200 && text.trim() === 'ok', `${path} answered ${status} ${JSON.stringify(text.slice(0, 40))}`);
      ensure(mediaType === 'text/plain', `${path} is ${mediaType}`);
    }
    const { text } = await stranger.send('/readyz?verbose');
    const [, name] = /^\[\+\](\S+)/m.exec(text) ?? [];
    ensure(name, `/readyz?verbose lists no check: ${JSON.stringify(text.slice(0, 80))}`);
    ensure(text.includes('readyz check passed'), '/readyz?verbose does not end in "readyz check passed"');
    const { status } = await stranger.send(`/readyz/${name}`);
    ensure(status === 200, `/readyz/${name} answered ${status}`);
    const excluded = await stranger.send(`/readyz?verbose&exclude=${name}`);
    ensure(excluded.text.includes(`[+]${name} excluded`), `/readyz?exclude=${name} does not exclude it`);
  },
};
