import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { ClusterConfiguration, FaultlineConfiguration, ServerConfiguration } from '../../crds/configuration.ts';
import { CONFIG_API_VERSION } from '../../crds/names.ts';
import type { WebhookReceiver } from '../../crds/webhook-receiver.ts';
import { check, type Knowledge, listOf } from './check.ts';
import { ConfigurationDocument, type TextPlace } from './document.ts';
import { ConfigurationError, type ConfigurationFault, type Path } from './fault.ts';

/** A configuration that was read, with whatever is wrong with it. */
export interface ReadConfiguration {
  /** The file as the user named it; undefined for the built-in default. */
  readonly file: string | undefined;
  /** Where `use: ./x.ts` and `npm:x` resolve from. */
  readonly directory: string;
  /** Complete, checked, with absolute paths; undefined when there are faults. */
  readonly configuration: FaultlineConfiguration | undefined;
  readonly faults: readonly ConfigurationFault[];
  /** `controllers:` as it was written, for those who look into `with:` although there are faults elsewhere. */
  readonly writtenControllers: readonly unknown[];
  /** `resources:`, likewise. */
  readonly writtenResources: readonly unknown[];
  /** `receivers:`, likewise. */
  readonly writtenReceivers: readonly unknown[];
  /** `rules:`, likewise. */
  readonly writtenRules: readonly unknown[];
  /** A fault at the place of `path`. */
  fault(path: Path, message: string): ConfigurationFault;
  /** A fault inside the text at `path`: line and column of that text, from 1. */
  faultWithin(path: Path, message: string, place: TextPlace): ConfigurationFault;
}

/** The configuration that a command runs with. */
export type LoadedConfiguration = ReadConfiguration & { readonly configuration: FaultlineConfiguration };

export interface LoadRequest extends Knowledge {
  /** `--config`. */
  readonly flag: string | undefined;
  /** `$FAULTLINE_CONFIG`. */
  readonly variable: string | undefined;
  /** The current directory. */
  readonly directory: string;
}

/** The file looked for in the current directory. */
export const CONFIGURATION_FILE = 'faultline.yaml';
// Nothing we understand is longer; a wrong path (a disk image) must not fill the memory.
const MAX_BYTES = 1 << 20;

/**
 * `--config` > `$FAULTLINE_CONFIG` > `./faultline.yaml` > the built-in default with tekton/pipelinerun.
 * Throws an Error of one line when a named file cannot be read.
 */
export async function readConfiguration(request: LoadRequest): Promise<ReadConfiguration> {
  const named = request.flag ?? (request.variable === '' ? undefined : request.variable);
  const file = named ?? CONFIGURATION_FILE;
  const text = await readText(resolve(request.directory, file), {
    name: file,
    said: request.flag !== undefined ? '--config' : '$FAULTLINE_CONFIG',
    optional: named === undefined,
  });
  if (text === undefined) return parseConfiguration(undefined, builtInDefault, request.directory, request);
  return parseConfiguration(file, text, dirname(resolve(request.directory, file)), request);
}

/** Checks the text of a configuration; `file` is the name that faults are reported under. */
export function parseConfiguration(
  file: string | undefined,
  text: string,
  directory: string,
  knowledge: Knowledge,
): ReadConfiguration {
  const document = new ConfigurationDocument(text);
  const checked = document.faults.length > 0 ? { faults: document.faults } : check(document, knowledge);
  return {
    file,
    directory,
    configuration: checked.configuration && absolute(checked.configuration, directory),
    faults: checked.faults,
    writtenControllers: document.faults.length > 0 ? [] : listOf(document.value(), 'controllers'),
    writtenResources: document.faults.length > 0 ? [] : listOf(document.value(), 'resources'),
    writtenReceivers: document.faults.length > 0 ? [] : listOf(document.value(), 'receivers'),
    writtenRules: document.faults.length > 0 ? [] : listOf(document.value(), 'rules'),
    fault: (path, message) => document.fault(path, message),
    faultWithin: (path, message, place) => document.faultWithin(path, message, place),
  };
}

/** Throws a ConfigurationError with every fault: those of the configuration and `more`. */
export function requireFaultless(
  read: ReadConfiguration,
  more: readonly ConfigurationFault[] = [],
): LoadedConfiguration {
  const { configuration } = read;
  const faults = [...read.faults, ...more];
  if (configuration === undefined || faults.length > 0) {
    throw new ConfigurationError(read.file ?? 'the built-in configuration', faults);
  }
  return { ...read, configuration };
}

const builtInDefault = `apiVersion: ${CONFIG_API_VERSION}\nkind: FaultlineConfiguration\n`;

async function readText(
  path: string,
  how: { name: string; said: string; optional: boolean },
): Promise<string | undefined> {
  try {
    const bytes = await readFile(path);
    if (bytes.length > MAX_BYTES)
      throw new Error(`${how.name}: ${bytes.length} bytes are too many for a configuration`);
    return bytes.toString('utf8').replace(/^\ufeff/, '');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === undefined) throw error;
    if (code === 'ENOENT' && how.optional) return undefined;
    const reason = code === 'ENOENT' ? 'no such file' : code === 'EISDIR' ? 'is a folder, not a file' : code;
    throw new Error(`cannot read the configuration ${how.name} (${how.said}): ${reason}`, { cause: error });
  }
}

/** Paths in a configuration are relative to it, not to where the command was typed. */
function absolute(configuration: FaultlineConfiguration, directory: string): FaultlineConfiguration {
  const { cluster, server, receivers } = configuration;
  return {
    ...configuration,
    ...(cluster === undefined ? {} : { cluster: absoluteCluster(cluster, directory) }),
    server: absoluteServer(server, directory),
    receivers: receivers.map((receiver) => absoluteReceiver(receiver, directory)),
  };
}

function absoluteCluster(cluster: ClusterConfiguration, directory: string): ClusterConfiguration {
  if ('folder' in cluster) return { folder: resolve(directory, cluster.folder) };
  if ('kubeconfig' in cluster && cluster.kubeconfig !== undefined) {
    return { ...cluster, kubeconfig: resolve(directory, cluster.kubeconfig) };
  }
  return cluster;
}

function absoluteServer(server: ServerConfiguration, directory: string): ServerConfiguration {
  return 'databaseUrlFile' in server
    ? { ...server, databaseUrlFile: resolve(directory, server.databaseUrlFile) }
    : server;
}

function absoluteReceiver(receiver: WebhookReceiver, directory: string): WebhookReceiver {
  const { authentication } = receiver.spec;
  const file = authentication.signature?.secretFile;
  if (authentication.signature === undefined || file === undefined) return receiver;
  const signature = { ...authentication.signature, secretFile: resolve(directory, file) };
  return { ...receiver, spec: { ...receiver.spec, authentication: { signature } } };
}
