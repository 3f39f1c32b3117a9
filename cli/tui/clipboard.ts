import { spawn } from 'node:child_process';

/** Puts text on the clipboard of the terminal, also over ssh (OSC 52 of xterm's ctlseqs). Nobody answers whether it did. */
export function clipboardSequence(text: string): string {
  return `\u001b]52;c;${Buffer.from(text, 'utf8').toString('base64')}\u0007`;
}

/**
 * tmux takes no OSC 52 of programs as it comes (`set-clipboard external`): it is given the text, and gives it to its terminal
 * (`-w`, tmux 3.2). Answers whether it took it.
 */
export function loadTmuxBuffer(text: string, env: Readonly<Record<string, string | undefined>>): Promise<boolean> {
  return new Promise((taken) => {
    const child = spawn('tmux', ['load-buffer', '-w', '-'], { stdio: ['pipe', 'ignore', 'ignore'], env });
    child.once('error', () => taken(false));
    child.once('close', (code) => taken(code === 0));
    child.stdin.once('error', () => {});
    child.stdin.end(text);
  });
}
