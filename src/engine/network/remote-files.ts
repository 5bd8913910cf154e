import type { FileCache } from './file-cache.ts';
import {
  type Allowance,
  type Fetched,
  fetchFile,
  type HttpsOptions,
  isAllowedUrl,
  LARGEST_FILE,
} from './https-file.ts';

/** Files that are fetched at the same time (our choice). */
const MOST_AT_ONCE = 6;

/** Files that one world may have fetched (our choice; large robots have some 50). */
export const MOST_REMOTE_FILES = 200;

/** Bytes that the files of one world may have together, those that were kept from before included (our choice). */
export const MOST_REMOTE_BYTES = 50_000_000;

/** Time in which a world's files are fetched, in ms; what is not there then is not shown (our choice, a third of the default `startTimeout`). */
const LONGEST_FETCHING = 20_000;

/** A file's text, or why it cannot be had, as people read it in an `Omission`. */
export type RemoteText = { readonly text: string } | { readonly obstacle: string };

const NOT_ALLOWED = 'its PROTO is on a host that this server does not fetch from';

const EXHAUSTED = `the world asks for more than ${MOST_REMOTE_BYTES} bytes of the network`;

const OBSTACLES: Readonly<Record<Exclude<Fetched, object>, string>> = {
  unchanged: 'its PROTO could not be fetched',
  failed: 'its PROTO could not be fetched',
  missing: 'its host has no such PROTO file',
  refused: NOT_ALLOWED,
  tooLarge: `its PROTO has more than ${LARGEST_FILE} bytes`,
  exhausted: EXHAUSTED,
};

/** Fetches the PROTO files of one world from the hosts that the operator has named. */
export class RemoteFiles {
  readonly #options: HttpsOptions;
  readonly #cache: FileCache | undefined;
  readonly #texts = new Map<string, Promise<RemoteText>>();
  readonly #waiting: (() => void)[] = [];
  readonly #allowance: Allowance = { left: MOST_REMOTE_BYTES };
  readonly #end = performance.now() + LONGEST_FETCHING;
  #running = 0;

  constructor(options: HttpsOptions, cache?: FileCache) {
    this.#options = options;
    this.#cache = cache;
  }

  /** The text of a file; each is fetched once, and any number may be asked for at the same time. */
  read(url: URL): Promise<RemoteText> {
    const known = this.#texts.get(url.href);
    if (known !== undefined) return known;
    if (!isAllowedUrl(url, this.#options.hosts)) return Promise.resolve({ obstacle: NOT_ALLOWED });
    if (this.#texts.size >= MOST_REMOTE_FILES) {
      return Promise.resolve({ obstacle: `the world asks for more than ${MOST_REMOTE_FILES} files of the network` });
    }
    const text = this.#fetch(url);
    this.#texts.set(url.href, text);
    return text;
  }

  async #fetch(url: URL): Promise<RemoteText> {
    await this.#takeTurn();
    try {
      if (performance.now() > this.#end) return { obstacle: 'fetching PROTOs took too long' };
      if (this.#allowance.left < 0) return { obstacle: EXHAUSTED };
      const cached = await this.#cache?.get(url);
      const fetched = await fetchFile(url, this.#options, cached?.etag, this.#allowance);
      if (typeof fetched === 'object') {
        await this.#cache?.put(url, fetched);
        return { text: fetched.content.toString('utf8') };
      }
      // A host that does not answer has had it before.
      if (cached !== undefined && (fetched === 'unchanged' || fetched === 'failed')) {
        this.#allowance.left -= cached.content.length;
        return this.#allowance.left < 0 ? { obstacle: EXHAUSTED } : { text: cached.content.toString('utf8') };
      }
      return { obstacle: OBSTACLES[fetched] };
    } finally {
      this.#running--;
      this.#waiting.shift()?.();
    }
  }

  async #takeTurn(): Promise<void> {
    if (this.#running >= MOST_AT_ONCE) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#running++;
  }
}
