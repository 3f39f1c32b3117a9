import type { Context } from 'koa';
import { escapeForTerminal } from '../../crds/text.ts';

/**
 * Answers with JSON that may quote its caller, and is read with curl at a terminal: control and direction characters go
 * out as escapes. What the JSON means stays the same.
 */
export function answerJson(ctx: Context, value: unknown): void {
  ctx.set('Content-Type', 'application/json');
  ctx.body = escapeForTerminal(JSON.stringify(value));
}
