import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { escapeForTerminal } from '../../crds/text.ts';
import type { ConfigAction, ConfigOptions } from '../commands/config.ts';
import { EXIT } from '../exit.ts';
import { packageRoot } from '../package-info.ts';
import type { Streams } from '../streams.ts';
import { type ConfigurationSchema, schemaLines } from './schema-lines.ts';
import { forgetServer, rememberServer } from './settings.ts';

/** `faultline config`: answers the exit code. Throws a ConfigurationError with every fault of a configuration. */
export async function runConfig(options: ConfigOptions, streams: Streams): Promise<number> {
  const action = options.action as ConfigAction;
  switch (action) {
    case 'view':
      return await view(options, streams);
    case 'validate':
      return await validate(options, streams);
    case 'schema':
      streams.out.write(await schemaText());
      return EXIT.ok;
    case 'docs': {
      const schema = JSON.parse(await schemaText()) as ConfigurationSchema;
      streams.out.write(`${schemaLines(schema, options.argument ?? '').join('\n')}\n`);
      return EXIT.ok;
    }
    case 'set-api-url': {
      const { serverOfKubeconfig } = await import('../reading/connect.ts');
      const cluster = await serverOfKubeconfig(streams);
      const { server, file } = await rememberServer(options.argument as string, cluster, streams.env);
      const isSecret = cluster !== undefined && server.startsWith('https:');
      const who = isSecret ? `with your credentials for ${cluster}` : 'without credentials';
      streams.out.write(`${server} is asked from now on, ${who} (${file})\n`);
      return EXIT.ok;
    }
    case 'reset':
      await forgetServer(streams.env);
      streams.out.write('the server of your kubeconfig is asked from now on\n');
      return EXIT.ok;
    default:
      return action satisfies never;
  }
}

async function view({ config, output }: ConfigOptions, streams: Streams): Promise<number> {
  const { configure } = await import('../configuration/controllers.ts');
  const { configuration } = await configure(config, streams);
  if (output === 'json') streams.out.write(`${escapeForTerminal(JSON.stringify(configuration, null, 4))}\n`);
  else {
    const { yamlText } = await import('../printers/yaml-text.ts');
    streams.out.write(yamlText(configuration));
  }
  return EXIT.ok;
}

/** As the controllers and the server do at their start: with the options of plugins, rules, receivers, resources. */
async function validate({ config }: ConfigOptions, streams: Streams): Promise<number> {
  const { configure } = await import('../configuration/controllers.ts');
  const { file, controllers } = await configure(config, streams);
  const names = controllers.map(({ name }) => name);
  const run = names.length === 0 ? 'runs no controller' : `runs ${names.join(', ')}`;
  streams.out.write(`${file ?? 'the built-in configuration'} is valid: it ${run}\n`);
  return EXIT.ok;
}

async function schemaText(): Promise<string> {
  return await readFile(join(packageRoot(), 'crds', 'generated', 'faultline.schema.json'), 'utf8');
}
