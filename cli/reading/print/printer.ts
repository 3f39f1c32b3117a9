import type { Page } from '../issues.ts';

/** Prints pages as they come. Whatever a server says, nothing that a terminal would execute is written. */
export interface Printer {
  /** Ask for the server's Table, else for objects. */
  readonly table: boolean;
  /** With a Table: whole objects, too. */
  readonly objects: boolean;
  page(page: Page): void;
  /** After the last page. */
  end(): void;
}
