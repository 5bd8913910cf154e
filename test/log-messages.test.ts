import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const root = new URL('../', import.meta.url);

/** The servers' sources: the embedded engine is a program of its own, and pages have no log. */
const sources = readdirSync(new URL('src', root), { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts') && !/^(?:engine|web)\//.test(path))
  .map((path) => readFileSync(new URL(`src/${path}`, root), 'utf8'));

/** A call of a logger, up to the end of its statement or of the function that it is. */
const CALL = /\blog\.(warn|error)\(((?:[^()]|\((?:[^()]|\([^()]*\))*\))*)\)/g;

/** The message is the last argument, and a plain text. */
const MESSAGE = /'([^']+)',?\s*$/;

function messagesOf(source: string): string[] {
  return [...source.matchAll(CALL)].map(([call, level, parts = '']) => {
    const message = MESSAGE.exec(parts)?.[1];
    return message === undefined ? call : `${level}: ${message}`;
  });
}

/** What configuration files are warned about, in the words of the keys. */
const SENTENCES = 'log.warn(warning)';

it('has every message of level warn or error in docs/log-messages.md, and no other', () => {
  const logged = new Set(sources.flatMap(messagesOf).filter((message) => message !== SENTENCES));
  const rows = readFileSync(new URL('docs/log-messages.md', root), 'utf8').matchAll(
    /^\| `(\w+)` +\| `([^`]+)` +\|.*\| *\S[^|]*\|$/gm,
  );
  const documented = [...rows].map(([, level, message]) => `${level}: ${message}`);

  expect([...documented].sort()).toEqual([...logged].sort());
});
