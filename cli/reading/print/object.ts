import { escapeForTerminal } from '../../../crds/text.ts';

/** An object that is no issue, for another program. Nothing in it is executed by a terminal, whoever the server is. */
export async function objectText(object: object, output: 'json' | 'yaml'): Promise<string> {
  if (output === 'json') return `${escapeForTerminal(JSON.stringify(object, null, 4))}\n`;
  const { yamlText } = await import('../../printers/yaml-text.ts');
  return yamlText(object);
}
