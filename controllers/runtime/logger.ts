/** Structured logs: fields and a constant message. A pino logger is one. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Says nothing: for tests and for `replay`. */
export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} };
