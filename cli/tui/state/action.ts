import type { ThemeName } from '../look/theme.ts';
import type { Grouping } from '../rows/listing.ts';
import type { Sort } from '../rows/order.ts';
import type { EditKey } from './edit.ts';
import type { Act, Notice, SavedView, Size, View } from './state.ts';

export const COPIES = ['name', 'link', 'markdown'] as const;
export type Copy = (typeof COPIES)[number];

/** What a key, a command or the world does to the state. */
export type Action =
  | { readonly kind: 'resize'; readonly size: Size }
  | { readonly kind: 'move'; readonly by: number }
  | { readonly kind: 'page'; readonly pages: number }
  | { readonly kind: 'top' | 'bottom' | 'enter' | 'details' | 'back' | 'forward' | 'leave' | 'escape' | 'quit' }
  | { readonly kind: 'go'; readonly view: View; readonly child?: boolean }
  | { readonly kind: 'mark' | 'mark-all' | 'fold' | 'fold-all' | 'help' }
  | { readonly kind: 'toggle'; readonly option: 'all' | 'wide' }
  | { readonly kind: 'next'; readonly option: 'sort' | 'grouping' | 'theme' }
  | { readonly kind: 'sort'; readonly sort: Sort }
  | { readonly kind: 'group-by'; readonly grouping: Grouping }
  | { readonly kind: 'theme'; readonly theme: ThemeName }
  | { readonly kind: 'namespace'; readonly namespace: string | undefined }
  | { readonly kind: 'shortcut'; readonly number: number }
  /** Moves in time, in ms; in the list as it is, from now on. */
  | { readonly kind: 'scrub'; readonly by: number }
  | { readonly kind: 'as-of'; readonly at: number | undefined }
  | { readonly kind: 'filter'; readonly filter: string }
  | { readonly kind: 'saved'; readonly name: string }
  | { readonly kind: 'save'; readonly name: string }
  | { readonly kind: 'saved-views'; readonly saved: readonly SavedView[] }
  | { readonly kind: 'shortcuts'; readonly shortcuts: readonly string[] }
  | { readonly kind: 'prompt'; readonly prompt: 'filter' | 'command' }
  | { readonly kind: 'type'; readonly text: string }
  | { readonly kind: 'edit'; readonly key: EditKey }
  | { readonly kind: 'complete' | 'submit' }
  /** Lines that were typed before: `by` 1 is older. */
  | { readonly kind: 'recall'; readonly by: 1 | -1 }
  /** Asked for by a key or a command: rights are looked at first. */
  | { readonly kind: 'act'; readonly act: Act }
  /** May be done: what is left is to say why. */
  | { readonly kind: 'allowed'; readonly act: Act; readonly keys: readonly string[] }
  | { readonly kind: 'done'; readonly keys: readonly string[] }
  | { readonly kind: 'look'; readonly at: 'issue' | 'evidence' | 'subject' | 'ledger' }
  | { readonly kind: 'copy'; readonly what: Copy }
  | { readonly kind: 'open' | 'redraw' }
  /** To another cluster of the kubeconfig. */
  | { readonly kind: 'context'; readonly name: string }
  | { readonly kind: 'notice'; readonly notice: Notice | undefined };

/** What is to be done outside of the state. */
export type Effect =
  | { readonly kind: 'quit' | 'redraw' }
  | { readonly kind: 'check'; readonly act: Act; readonly keys: readonly string[] }
  | { readonly kind: 'act'; readonly act: Act; readonly keys: readonly string[]; readonly text: string }
  | { readonly kind: 'copy'; readonly what: Copy; readonly keys: readonly string[] }
  | { readonly kind: 'open'; readonly key: string }
  | { readonly kind: 'save'; readonly view: SavedView }
  | { readonly kind: 'context'; readonly name: string };
