/** Where a run says what it is doing: one line, replaced on a terminal, appended elsewhere. */
export interface Progress {
  /** What goes on now; replaces the line before. */
  step(text: string): void;
  /** Something worth keeping: a repetition's value. */
  note(text: string): void;
  end(): void;
}

/** Progress on a stream such as stderr; standard output belongs to the table. */
export function progressOn(stream: NodeJS.WriteStream): Progress {
  const clear = stream.isTTY ? '\r\u001b[K' : '';
  return {
    step: (text) => {
      stream.write(stream.isTTY ? `${clear}${text.slice(0, stream.columns - 1)}` : `${text}\n`);
    },
    note: (text) => {
      stream.write(`${clear}${text}\n`);
    },
    end: () => {
      stream.write(clear);
    },
  };
}
