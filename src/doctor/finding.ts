/** One line of the doctor's report. */
export interface Finding {
  readonly level: 'fine' | 'warning' | 'error';
  /** What was looked at, in a word or two. */
  readonly what: string;
  /** What was found. */
  readonly found: string;
  /** What to do about it. */
  readonly advice?: string;
}

export const fine = (what: string, found: string): Finding => ({ level: 'fine', what, found });
export const warning = (what: string, found: string, advice: string): Finding => ({
  level: 'warning',
  what,
  found,
  advice,
});
export const failure = (what: string, found: string, advice: string): Finding => ({
  level: 'error',
  what,
  found,
  advice,
});

/** Looks at something; what it throws is told as an error of its own. */
export interface Check {
  readonly what: string;
  look(): Promise<readonly Finding[]>;
}

/** Width of the column of what was looked at, in characters. */
const WIDTH = 22;

/** @returns the findings in lines as people read them */
export function findingLines({ level, what, found, advice }: Finding): string {
  const lines = [`${level.padEnd(8)} ${what.padEnd(WIDTH)} ${found}`];
  if (advice !== undefined) lines.push(`${' '.repeat(9 + WIDTH)} → ${advice}`);
  return `${lines.join('\n')}\n`;
}

/** Makes all checks one after the other, and tells each finding as it comes. @returns whether there was no error */
export async function examine(checks: readonly Check[], tell: (finding: Finding) => void): Promise<boolean> {
  let isWell = true;
  for (const { what, look } of checks) {
    const findings = await look().catch((error) => [
      failure(what, error instanceof Error ? error.message : String(error), 'see the message'),
    ]);
    for (const finding of findings) {
      tell(finding);
      if (finding.level === 'error') isWell = false;
    }
  }
  return isWell;
}
