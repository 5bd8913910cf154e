#!/usr/bin/env node
import { outwardConnections } from '../outward-fetch.ts';
import { Breakage } from './try/breakage.ts';
import { HELP, readCommandLine, type TryOptions, UsageError } from './try/command-line.ts';
import { play } from './try/play.ts';
import { Report } from './try/report.ts';

/** Exit status for wrong options (sysexits.h). */
const EX_USAGE = 64;
/** Exit status of a program that Ctrl+C ended (shells: 128 + SIGINT). */
const INTERRUPTED = 130;

const commandLine = readArguments(process.argv.slice(2));
if (commandLine !== undefined) process.exitCode = await run(commandLine);

function readArguments(args: readonly string[]): TryOptions | undefined {
  try {
    const options = readCommandLine(args);
    if (options === undefined) process.stdout.write(HELP);
    return options;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`try: ${error.message}\n\n${HELP}`);
    process.exitCode = EX_USAGE;
    return undefined;
  }
}

async function run(options: TryOptions): Promise<number> {
  const interruption = new AbortController();
  process.once('SIGINT', () => interruption.abort());
  process.once('SIGTERM', () => interruption.abort());
  process.stdout.write(`World    ${options.world}\nSession  ${options.session}\n\n`);
  const report = new Report((text) => process.stdout.write(text));
  try {
    await play(options, report, interruption.signal, await outwardConnections());
    report.tell('success', 'all went well');
    return 0;
  } catch (error) {
    if (interruption.signal.aborted) {
      report.tell('interrupted', 'the session was left');
      return INTERRUPTED;
    }
    if (!(error instanceof Breakage)) throw error;
    report.tell('broken', error.message);
    report.tell('what to do', error.advice);
    return 1;
  }
}
