import { existsSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { SHOWN_MACHINES } from '../src/statecharts/machines.ts';

const root = new URL('../', import.meta.url);
const document = readFileSync(new URL('docs/architecture.md', root), 'utf8');

it('lists every machine with its file and where its effects are provided', () => {
  const rows = [...document.matchAll(/^\| \[(\w+)\]\([^)]*\) +\| `([\w-]+)\.ts` +\|[^|]*\| `([^`]+)`/gm)];

  expect(rows.map(([, machine, file]) => [machine, file])).toEqual(
    SHOWN_MACHINES.map(({ machine, file }) => [machine.id, file]),
  );
  const strangers = rows.filter(
    ([, machine, , effects]) => !readFileSync(new URL(effects!, root), 'utf8').includes(`${machine}Machine.provide(`),
  );
  expect(strangers.map(([row]) => row)).toEqual([]);
});

it('names files that there are', () => {
  const names = [...document.matchAll(/`((?:src|machines|test)\/[\w./-]*)`/g)].map(([, name]) => name!);

  expect(names.length).toBeGreaterThan(0);
  expect(names.filter((name) => !existsSync(new URL(name, root)))).toEqual([]);
});
