import { realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import { PACKAGE_ROOT } from '../package-root.ts';
import type { ConfiguredRole } from './config-file.ts';
import { sessionConfigSchema } from './session-config.ts';
import { simulationConfigSchema } from './simulation-config.ts';

const SCHEMAS = {
  session: { title: 'Configuration of a session server', schema: sessionConfigSchema },
  simulation: { title: 'Configuration of a simulation server', schema: simulationConfigSchema },
} as const satisfies Record<ConfiguredRole, object>;

/** The JSON Schema of a role's configuration files: what may be written, before defaults are applied. */
function configJsonSchema(role: ConfiguredRole): object {
  const { title, schema } = SCHEMAS[role];
  const { $schema, ...rest } = z.toJSONSchema(schema, { io: 'input', target: 'draft-7' });
  return { $schema, title, ...rest };
}

/** The text of a role's `schema.json`, with lists of texts in one line as the formatter has them. */
export function configJsonSchemaText(role: ConfiguredRole): string {
  const json = JSON.stringify(configJsonSchema(role), null, 2);
  const oneLine = json.replace(/\[\n\s+("[^"\n]*"(?:,\n\s+"[^"\n]*")*)\n\s+\]/g, (_, items: string) => {
    return `[${items.replace(/,\n\s+/g, ', ')}]`;
  });
  return `${oneLine}\n`;
}

/** Writes `config/<role>/schema.json` of this package for both roles. */
function writeSchemas(): void {
  for (const role of ['session', 'simulation'] as const) {
    const file = join(PACKAGE_ROOT, 'config', role, 'schema.json');
    writeFileSync(file, configJsonSchemaText(role));
  }
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) writeSchemas();
