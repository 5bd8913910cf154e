import { closeSync, fstatSync, openSync, renameSync, statSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { makePrivateFolder } from './private-folder.ts';

/** Only our user may read what is logged. */
const PRIVATE_FILE = 0o600;

/** Wait after a failure until the file is tried again, in ms: our choice, so that a full disk costs next to nothing. */
const RETRY_WAIT = 1_000;

/** The file descriptor of standard error. */
const STDERR = 2;

export interface RotatedFileOptions {
  /** Absolute; its folder is made where it is missing. */
  readonly path: string;
  /** Bytes beyond which no line is added to a file. */
  readonly mostBytes: number;
  /** Older files that are kept, `<path>.1` being the youngest of them. */
  readonly older: number;
  /** First line of each file, with its line break. */
  readonly header?: string;
  /** Hears, in a line of text, that lines are lost, and later how many. By default standard error. */
  readonly onTrouble?: (text: string) => void;
  /** Ms that never run backwards. */
  readonly now?: () => number;
}

/**
 * A file to which lines are appended, and which is renamed when it is full, as
 * Python's `RotatingFileHandler` does.
 *
 * Each line is in the file before `write` returns, so that none is lost when
 * the process ends; libraries that rotate write later. One that cannot be
 * written is dropped: nothing is thrown, and nothing waits in memory.
 */
export interface RotatedFile {
  /** @param text whole lines */
  write(text: string): void;
}

interface OpenFile {
  readonly descriptor: number;
  size: number;
}

export function createRotatedFile(options: RotatedFileOptions): RotatedFile {
  const { path, mostBytes, older, header = '', onTrouble = writeToStderr, now = () => performance.now() } = options;
  let file: OpenFile | undefined;
  let isTorn = false;
  let lost = 0;
  let retryAt = 0;

  function append(text: string): void {
    file ??= open();
    const bytes = Buffer.from(text);
    if (file.size > header.length && file.size + bytes.length > mostBytes) {
      makeRoom(file);
      file = open();
      isTorn = false;
    }
    // A line of which only a part was written stays one of its own.
    if (isTorn) put(file, Buffer.from('\n'));
    put(file, bytes);
  }

  /** @throws Error of the system; then a part of the bytes may have been written */
  function put(into: OpenFile, bytes: Buffer): void {
    for (let done = 0; done < bytes.length; ) {
      const count = writeSync(into.descriptor, bytes, done);
      isTorn = true;
      done += count;
      into.size += count;
    }
    isTorn = false;
  }

  function open(): OpenFile {
    makePrivateFolder(dirname(path));
    const descriptor = openSync(path, 'a', PRIVATE_FILE);
    const opened: OpenFile = { descriptor, size: fstatSync(descriptor).size };
    if (opened.size === 0) put(opened, Buffer.from(header));
    return opened;
  }

  function makeRoom(full: OpenFile): void {
    // Another process that writes to the same path may have done so already.
    const isAtPath = statSync(path, { throwIfNoEntry: false })?.ino === fstatSync(full.descriptor).ino;
    close();
    if (!isAtPath) return;
    for (let age = older - 1; age >= 1; age--) renameIfThere(`${path}.${age}`, `${path}.${age + 1}`);
    renameSync(path, `${path}.1`);
  }

  function close(): void {
    if (file) closeSync(file.descriptor);
    file = undefined;
  }

  function fail(error: unknown): void {
    lost++;
    retryAt = now() + RETRY_WAIT;
    if (lost === 1) onTrouble(`${path} cannot be written, its lines are lost: ${(error as Error).message}`);
    try {
      close();
    } catch {
      // A file that cannot even be closed is left to the system.
      file = undefined;
    }
  }

  return {
    write(text) {
      if (lost > 0 && now() < retryAt) {
        lost++;
        return;
      }
      try {
        append(text);
      } catch (error) {
        return fail(error);
      }
      if (lost > 0) onTrouble(`${path} is written again; lines that were lost: ${lost}`);
      lost = 0;
    },
  };
}

function renameIfThere(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

/** By the system's own call: where nobody reads, or the disk is full, the text is dropped, and nothing waits. */
function writeToStderr(text: string): void {
  try {
    writeSync(STDERR, `webots-hub: ${text}\n`);
  } catch {
    // There is nowhere left to tell it.
  }
}
