import type { core } from 'zod';

/** Longest value, in characters of JSON, that a message shows in full; our choice. */
const VALUE_LENGTH = 80;

/** Keys whose values no message shows. */
const SECRET_KEY = /(?:password|secret|token|credentials)$/i;

/**
 * One line for each thing wrong with a configuration: "Expected `port` to be an
 * integer from 1 to 65535, got 70000".
 *
 * @param issues what a schema built from `values.ts` found
 * @param input what was checked
 */
export function describeProblems(issues: readonly core.$ZodIssue[], input: unknown): string[] {
  return [...new Set(issues.map((issue) => describeProblem(issue, input)))];
}

function describeProblem(issue: core.$ZodIssue, input: unknown): string {
  const key = issue.path.map(String).reduce((path, part) => path + (/^\w+$/.test(part) ? dotted(part) : quoted(part)));
  if (issue.code === 'invalid_key') {
    const expectation = issue.issues[0]?.message ?? issue.message;
    return `Expected the key in \`${key}\` to be ${expectation}`;
  }
  const value = issue.path.reduce<unknown>((inner, part) => (inner as Record<PropertyKey, unknown>)?.[part], input);
  const isSecret = SECRET_KEY.test(String(issue.path[0]));
  return `Expected \`${key}\` to be ${issue.message}, got ${isSecret ? typeName(value) : show(value)}`;
}

function dotted(part: string): string {
  return /^\d+$/.test(part) ? `[${part}]` : `.${part}`;
}

function quoted(part: string): string {
  return `[${JSON.stringify(part)}]`;
}

function show(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === Infinity || value === -Infinity) return 'a number that is too large';
  const json = JSON.stringify(value);
  return json.length > VALUE_LENGTH ? `${json.slice(0, VALUE_LENGTH)}…` : json;
}

function typeName(value: unknown): string {
  if (value === null) return 'null';
  if (value === '') return 'an empty text';
  return Array.isArray(value) ? 'a list' : `a value of type ${typeof value}`;
}
