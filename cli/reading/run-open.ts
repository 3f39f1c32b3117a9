import { spawn } from 'node:child_process';
import { platform } from 'node:os';
import { oneLine } from '../../crds/text.ts';
import type { OpenOptions } from '../commands/open.ts';
import { EXIT, Failure } from '../exit.ts';
import type { Streams } from '../streams.ts';
import { Asker } from './ask.ts';
import { connectToRead } from './connect.ts';
import { readIssue } from './issues.ts';
import { explainMissing } from './missing.ts';

/** Whether the browser was asked to show it. */
export type Opener = (url: string) => Promise<boolean>;

/** `faultline open`: answers the exit code. Throws a Failure of one line when there is no issue or no link. */
export async function runOpen(options: OpenOptions, streams: Streams, opener: Opener = openUrl): Promise<number> {
  const connection = await connectToRead(options, streams);
  await using asker = new Asker(connection, streams.signal);
  const namespace = options.namespace ?? connection.namespace ?? 'default';
  const query = { namespace, labelSelector: '', fieldSelector: '', asOf: options.asOf, table: false, objects: true };
  const { rows } = await readIssue(asker, options.name, query).catch(async (error: unknown) => {
    throw await explainMissing(error, asker, options.name, namespace, options.asOf);
  });
  const links = rows[0]?.object.spec.links ?? [];
  const wanted = options.link === undefined ? ['log', 'console'] : [options.link];
  const found = wanted.flatMap((rel) => links.find((link) => link.rel === rel) ?? [])[0];
  const link = found ?? (options.link === undefined ? links[0] : undefined);
  if (link === undefined || !/^https?:\/\//i.test(link.url) || !URL.canParse(link.url)) {
    const others = links.length === 0 ? '' : ` (it has ${links.map(({ rel }) => rel).join(', ')})`;
    throw new Failure(
      oneLine(`"${options.name}" has no ${options.link === undefined ? '' : `${options.link} `}link${others}`, 1_000),
    );
  }
  // As browsers write it: nothing in it is special to a terminal or a program.
  const url = new URL(link.url).href;
  streams.out.write(`${url}\n`);
  if (streams.out.isTTY && !options.print && !(await opener(url))) {
    streams.err.write('no browser could be opened here: follow the link yourself\n');
  }
  return EXIT.ok;
}

/** Without a shell: the link is an argument, whatever it says. */
export function openUrl(url: string): Promise<boolean> {
  const [command, ...before] = OPENERS[platform()] ?? ['xdg-open'];
  return new Promise((opened) => {
    const child = spawn(command ?? 'xdg-open', [...before, url], { stdio: 'ignore', detached: true });
    child.once('error', () => opened(false));
    child.once('spawn', () => {
      child.unref();
      opened(true);
    });
  });
}

const OPENERS: Readonly<Record<string, readonly string[]>> = {
  darwin: ['open'],
  win32: ['rundll32', 'url.dll,FileProtocolHandler'],
};
