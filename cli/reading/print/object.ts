import { escapeForTerminal } from '../../../crds/text.ts';

/** An object that is no issue, for another program. Nothing in it is executed by a terminal, whoever the server is. */
export async function objectText(object: object, output: 'json' | 'yaml'): Promise<string> {
  const json = escapeForTerminal(JSON.stringify(object, null, 4));
  if (output === 'json') return `${json}\n`;
  const { stringify } = await import('yaml');
  return stringify(JSON.parse(json), { lineWidth: 0, aliasDuplicateObjects: false });
}
