import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { CLIENT_END_REASONS, CLIENT_ERRORS, DEFAULT_TIMEOUTS, STAGES } from '../../../src/client/index.ts';
import { STARTS_AT_ONCE, sendAll, startScriptedService } from '../../fixtures/scripted-service.ts';

const ROOT = new URL('../../../', import.meta.url);
const TEXT = readFileSync(new URL('docs/client.md', ROOT), 'utf8');
const isBuilt = existsSync(new URL('dist/src/client/index.js', ROOT));
const run = promisify(execFile);

/** Heading, program and output of each recipe. */
const RECIPES = [...TEXT.matchAll(/^### (.+)\n\n```js\n([\s\S]*?)```\n\n```text\n([\s\S]*?)```/gm)].map(
  ([, heading = '', program = '', output = '']) => ({ heading, program, output }),
);

/** The rows of the table whose first column has this heading, as first and last column. */
function rows(heading: string): [string, string][] {
  const [, table = ''] = new RegExp(`^\\| ${heading} +\\|.*\\n\\|[- |]+\\n((?:\\|.*\\n)+)`, 'm').exec(TEXT) ?? [];
  return table
    .trim()
    .split('\n')
    .map((line) => line.split('|').map((cell) => cell.trim()))
    .map((cells) => [(cells[1] ?? '').replaceAll('`', ''), cells.at(-2) ?? '']);
}

/** How far a simulation comes until a command reaches it differs from run to run. */
function withoutNumbers(text: string): string {
  return text.replace(/\d+/g, '0');
}

describe('docs/client.md', () => {
  it.each([
    ['stage', STAGES],
    ['reason', CLIENT_END_REASONS],
    ['code', CLIENT_ERRORS],
  ])('names every %s with its meaning, and no other', (heading, list) => {
    expect(Object.fromEntries(rows(heading))).toEqual(list);
  });

  it('names every timeout with its default', () => {
    const defaults = rows('timeout').map(([name]) => name);
    expect(defaults).toEqual(Object.keys(DEFAULT_TIMEOUTS));
    for (const [name, value] of Object.entries(DEFAULT_TIMEOUTS)) {
      expect(TEXT).toMatch(new RegExp(`\`${name}\` +\\| ${value.toLocaleString('en').replaceAll(',', ' ')} `));
    }
  });

  it.skipIf(!isBuilt).each(RECIPES)(
    'has a recipe that works: $heading (needs the build)',
    async ({ program, output }) => {
      await using service = await startScriptedService({
        server: (engineUrl) => (text, socket) => {
          if (text.includes('nowhere')) {
            sendAll(socket, ['loading: Error: nowhere.wbt does not exist.', 'error: nowhere.wbt does not exist.']);
          } else STARTS_AT_ONCE(engineUrl)(text, socket);
        },
      });
      const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', program], {
        cwd: ROOT,
        env: { ...process.env, SESSION: service.session },
        timeout: 20_000,
      });

      expect(withoutNumbers(stdout)).toBe(withoutNumbers(output));
    },
  );

  it('has recipes', () => {
    expect(RECIPES.map(({ heading }) => heading)).toHaveLength(4);
  });
});
