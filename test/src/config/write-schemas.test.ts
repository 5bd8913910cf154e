import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { sessionConfigSchema } from '../../../src/config/session-config.ts';
import { simulationConfigSchema } from '../../../src/config/simulation-config.ts';
import { configJsonSchemaText } from '../../../src/config/write-schemas.ts';

const roles = [
  { role: 'session', heading: '## Session server', schema: sessionConfigSchema },
  { role: 'simulation', heading: '## Simulation server', schema: simulationConfigSchema },
] as const;

describe.each(roles)('the $role configuration', ({ role, heading, schema }) => {
  it('has an up-to-date schema.json, as node dist/src/config/write-schemas.js writes it', () => {
    expect(read(`config/${role}/schema.json`)).toBe(configJsonSchemaText(role));
  });

  it('describes every key', () => {
    const properties = Object.entries(JSON.parse(configJsonSchemaText(role)).properties as Record<string, object>);

    expect(properties.filter(([, property]) => !('description' in property))).toEqual([]);
  });

  it('is documented key by key, and nothing else is', () => {
    expect([...documentedDefaults(heading).keys()].sort()).toEqual(Object.keys(schema.shape).sort());
  });

  it('is documented with its defaults', () => {
    const documented = documentedDefaults(heading);
    const { properties } = JSON.parse(configJsonSchemaText(role)) as { properties: Record<string, object> };
    const actual = Object.entries(properties).flatMap(([key, property]) =>
      'default' in property ? [[key, `\`${JSON.stringify(property.default)}\``]] : [],
    );

    expect(actual.map(([key]) => [key, documented.get(key!)])).toEqual(actual);
  });
});

/** The keys of the table below a heading of the documentation, each with the text of its default. */
function documentedDefaults(heading: string): Map<string, string> {
  const section = read('docs/configuration.md').split(`${heading}\n`)[1]!.split('\n## ')[0]!;
  const rows = [...section.matchAll(/^\| `([^`]+)`\s*\| (.*?)\s*\| /gm)];
  return new Map(rows.map(([, key, value]) => [key!, value!]));
}

function read(path: string): string {
  return readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');
}
